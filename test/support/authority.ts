import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCertificate } from './certificate.ts'
import { inFolder } from './key-stores.ts'

export interface IssuePlan {
  /** `/CN=test` by default, as openssl writes subjects. */
  readonly subject?: string
  /** Days from now to the end; 2 by default, negative for one that is over. */
  readonly days?: number
  /** What it may be used for, as `extendedKeyUsage` has it: `clientAuth`, `serverAuth`. */
  readonly usage?: string
}

/** A certificate authority of a test. */
export interface TestAuthority {
  /** Its own certificate in PEM. */
  readonly cert: string
  /** Issues a certificate with a new key. `alternativeNames` is what openssl calls subjectAltName. */
  issue(alternativeNames: string, plan?: IssuePlan): TestCertificate
  /** Issues an authority below this one. */
  issueAuthority(name: string): TestAuthority
}

/** Makes an authority with the `openssl` program. */
export function makeAuthority(name: string): TestAuthority {
  return inFolder(folder => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE']
    openssl(['req', '-x509', '-nodes', '-days', '10', ...subject, ...NEW_KEY, '-keyout', key, '-out', cert])
    return toAuthority({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') })
  })
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

function toAuthority(own: TestCertificate): TestAuthority {
  return {
    cert: own.cert,
    issue(alternativeNames, plan = {}) {
      const usage = plan.usage === undefined ? [] : [`extendedKeyUsage=${plan.usage}`]
      return sign(own, plan, [`subjectAltName=${alternativeNames}`, ...usage])
    },
    issueAuthority: name =>
      toAuthority(sign(own, { subject: `/CN=${name}`, days: 9 }, ['basicConstraints=critical,CA:TRUE'])),
  }
}

function sign(authority: TestCertificate, plan: IssuePlan, extensions: readonly string[]): TestCertificate {
  return inFolder(folder => {
    const at = (name: string): string => join(folder, name)
    writeFileSync(at('ca.key'), authority.key)
    writeFileSync(at('ca.pem'), authority.cert)
    writeFileSync(at('extensions'), extensions.join('\n'))
    openssl([
      'req',
      '-nodes',
      '-subj',
      plan.subject ?? '/CN=test',
      ...NEW_KEY,
      '-keyout',
      at('key.pem'),
      '-out',
      at('csr'),
    ])
    const days = plan.days ?? 2
    const signing = [
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-set_serial',
      `0x00${randomBytes(8).toString('hex')}`,
    ]
    openssl([
      'x509',
      '-req',
      '-in',
      at('csr'),
      ...signing,
      '-days',
      String(days),
      '-extfile',
      at('extensions'),
      '-out',
      at('cert.pem'),
    ])
    return { key: readFileSync(at('key.pem'), 'utf8'), cert: readFileSync(at('cert.pem'), 'utf8') }
  })
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', [...args], { stdio: 'ignore' })
}
