/** The gateway's configuration for the benchmark: the whole job, for one issuer, one application and one API. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIENCE, ISSUER, SUBJECT, TENANT } from './tokens.ts'

/** Writes the file and returns its name. The admin listener takes any free port. */
export function writeGatewayFile(
  directory: string,
  { port, upstream, jwksFile }: { readonly port: number; readonly upstream: string; readonly jwksFile: string },
): string {
  const file = join(directory, 'microgateway.yml')
  writeFileSync(
    file,
    `name: bench
ports: { http: "127.0.0.1:${port}", admin: "127.0.0.1:0" }
state_dir: ./data
logging: { level: info, access_log: json }
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig:
        issuer: ${ISSUER}
        jwks_file: ${jwksFile}
        audience: ${AUDIENCE}
        algorithms: [ RS256 ]
applications:
  - id: bench-client
    name: bench-client
    apis: [ bench ]
    auth_servers: [ idp ]
    identifiers:
      claim_sets:
        - { sub: ${SUBJECT}, tenant: ${TENANT} }
apis:
  - name: bench
    base_path: /
    upstream: ${upstream}
    policies:
      - identify_and_authorize:
          rules:
            - jwt: { auth_servers: [ idp ] }
              applications: registered
`,
  )
  return file
}
