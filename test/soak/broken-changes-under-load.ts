import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Cleanup } from '../support/command.ts'
import { until } from '../support/upstream.ts'
import { openSoakScene, type SoakScene } from './scene.ts'
import { judgeRun, type Verdict } from './verdict.ts'

/** After so many broken files a good one, which must be taken. */
const GOOD_EVERY = 10

/** F2: broken configurations of every kind, under steady load; the old one stays in force, and the next good one is taken. */
export async function breakUnderLoad(cleanup: Cleanup, { changes }: { readonly changes: number }): Promise<Verdict> {
  const scene = await openSoakScene(cleanup)
  const complaints: string[] = []
  let good = 0
  for (let i = 0; i < changes; i++) {
    const alarms = countAlarms(scene)
    const kind = KINDS[i % KINDS.length] as Kind
    kind.spoil(scene, i)
    const isNoticed = await until(() => countAlarms(scene) > alarms).then(
      () => true,
      () => false,
    )
    if (!isNoticed) complaints.push(`change ${i} (${kind.name}) alarmed nobody`)
    if (scene.newest() !== good) complaints.push(`change ${i} (${kind.name}) took effect`)
    if (i % GOOD_EVERY !== GOOD_EVERY - 1) continue
    rmSync(scene.file, { recursive: true, force: true })
    good += 1
    scene.write(good)
    if ((await scene.inForce(good)) === undefined) complaints.push(`the good settings after change ${i} were not taken`)
  }
  const report = await scene.load.stop()
  return judgeRun(report, { changes, good, alarms: countAlarms(scene) }, complaints)
}

function countAlarms({ gateway }: SoakScene): number {
  return gateway.stderr.match(/^reload refused/gm)?.length ?? 0
}

interface Kind {
  readonly name: string
  /** Leaves a broken configuration that no other number leaves. */
  spoil(scene: SoakScene, number: number): void
}

function writing(name: string, make: (settings: string, number: number) => string | Uint8Array): Kind {
  return {
    name,
    spoil(scene, number) {
      rmSync(scene.file, { recursive: true, force: true })
      writeFileSync(scene.file, make(scene.settings(number + 1_000_000), number))
    },
  }
}

const KINDS: readonly Kind[] = [
  writing('cut inside a flow mapping', (text, number) => text.slice(0, text.lastIndexOf('{') + 1 + (number % 7))),
  writing('not YAML', (text, number) => `${text}\n  - "${number}`),
  writing('an unknown key', (text, number) => `${text}key_${number}: 1\n`),
  writing('a wrong type', (text, number) => text.replace('apis:', `trusted_proxies: ${number}\napis:`)),
  writing('a name that is not defined', (text, number) => text.replace('jwt: idp', `jwt: idp-${number}`)),
  writing('no text', (_text, number) => Uint8Array.of(0xff, 0xfe, 0, number & 0xff, number >> 8)),
  writing('a comment only', (_text, number) => `# ${number}\n`),
  {
    name: 'a missing file',
    spoil: ({ file }) => rmSync(file, { recursive: true, force: true }),
  },
  writing('a name twice', (text, number) => `${text}name: again-${number}\n`),
  {
    name: 'an empty folder in its place',
    spoil({ file }) {
      rmSync(file, { recursive: true, force: true })
      mkdirSync(file)
    },
  },
]
