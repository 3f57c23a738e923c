import type { Finding } from '../diagnostics/problem.ts'
import { checkChoiceOfKey } from './auth-servers.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'

/** Judges every block of outgoing TLS: a verification that is off is said loudly, and a client certificate is named whole. */
export function checkOutgoingTls(inspection: Inspection): readonly Finding[] {
  const blocks = [
    ...inspection.apis.map(api => ({ whose: `API \`${nameOf(api)}\``, block: api.at('upstream', 'tls') })),
    ...[...inspection.authServers.values()].flatMap(server =>
      ['localIntrospectionConfig', 'remoteIntrospectionConfig'].map(section => ({
        whose: `auth server \`${nameOf(server)}\``,
        block: server.at(section, 'tls'),
      })),
    ),
  ]
  return blocks.flatMap(({ whose, block }) => [...checkVerification(whose, block), ...checkClient(block, inspection)])
}

function nameOf(owner: Cursor): string {
  return owner.at('name').text ?? ''
}

function checkVerification(whose: string, block: Cursor): readonly Finding[] {
  const verify = block.at('verify')
  if (verify.value !== false) return []
  return [
    {
      code: 'config.insecure',
      severity: 'warning',
      message: `calls for ${whose} believe whoever answers: \`verify: false\` switches off the check of certificates`,
      pointer: verify.pointer,
      label: 'anybody on the way can read and forge',
      help: 'take it out, and name the authority of the other side in `trustStoreAlias`',
    },
  ]
}

function checkClient(block: Cursor, { keystores }: Inspection): readonly Finding[] {
  const [store, alias] = [block.at('keyStoreAlias'), block.at('keyAlias')]
  if (!store.isPresent) {
    if (!alias.isPresent) return []
    const message = '`keyStoreAlias` is missing: a client certificate is named by keystore and alias'
    return [{ code: 'config.required', severity: 'error', message, pointer: alias.pointer, atKey: true }]
  }
  const found = keystores.get(store.text ?? '')
  if (found === undefined) return []
  if (found.at('type').text !== 'generated') return checkChoiceOfKey(block, found)
  const message = 'a client certificate is needed here; a generated keystore has none'
  return [
    { code: 'config.conflict', severity: 'error', message, pointer: store.pointer, help: 'name another keystore' },
  ]
}
