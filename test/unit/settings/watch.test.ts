import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { watchPaths } from '../../../src/settings/watch.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Bench {
  readonly root: string
  /** Does something, and resolves when a change has been reported; rejects after five seconds. */
  expectChange(act: () => void): Promise<void>
  /** How often a change has been reported so far. */
  count(): number
  update(...names: string[]): Promise<void>
}

/** Watches names in a fresh folder; everything is gone after the test. */
async function bench(t: TestContext, prepare: (root: string) => void, ...names: string[]): Promise<Bench> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'mg-watch-')))
  prepare(root)
  let count = 0
  let wake: () => void = () => {}
  const paths = (list: readonly string[]) => list.map(name => join(root, name))
  const onChange = (): void => {
    count++
    wake()
  }
  const watcher = watchPaths(paths(names), onChange, { logger: quiet })
  t.after(async () => {
    await watcher.close()
    rmSync(root, { recursive: true })
  })
  await watcher.ready()
  return {
    root,
    count: () => count,
    expectChange: async act => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const limit = setTimeout(() => reject(new Error('no change was reported')), 5000)
      wake = resolve
      act()
      await promise.finally(() => clearTimeout(limit))
    },
    update: async (...next) => {
      watcher.update(paths(next))
      await watcher.ready()
    },
  }
}

test('a file that is written, renamed over, deleted and made again is seen each time, once', async t => {
  const { root, expectChange, count } = await bench(
    t,
    folder => writeFileSync(join(folder, 'mg.yml'), 'a: 1\n'),
    'mg.yml',
  )
  const file = join(root, 'mg.yml')
  await expectChange(() => writeFileSync(file, 'a: 2\n'))
  await expectChange(() => {
    writeFileSync(`${file}.new`, 'a: 3\n')
    renameSync(`${file}.new`, file)
  })
  await expectChange(() => unlinkSync(file))
  await expectChange(() => writeFileSync(file, 'a: 4\n'))
  await expectChange(() => {
    renameSync(file, `${file}~`)
    writeFileSync(file, 'a: 5\n')
  })
  await expectChange(() => {
    unlinkSync(file)
    mkdirSync(file)
  })
  assert.equal(count(), 6)
})

test('a ConfigMap whose `..data` is swapped is seen, with and without removal of the old folder', async t => {
  const place = (root: string, stamp: string, text: string): void => {
    mkdirSync(join(root, 'mount', stamp), { recursive: true })
    writeFileSync(join(root, 'mount', stamp, 'mg.yml'), text)
    symlinkSync(stamp, join(root, 'mount/..data_tmp'))
    renameSync(join(root, 'mount/..data_tmp'), join(root, 'mount/..data'))
  }
  const prepare = (root: string): void => {
    place(root, '..2024_1', 'a: 1\n')
    symlinkSync('..data/mg.yml', join(root, 'mount/mg.yml'))
  }
  const { root, expectChange } = await bench(t, prepare, 'mount/mg.yml')
  await expectChange(() => {
    place(root, '..2024_2', 'a: 2\n')
    rmSync(join(root, 'mount/..2024_1'), { recursive: true })
  })
  await expectChange(() => place(root, '..2024_3', 'a: 3\n'))
  await expectChange(() => writeFileSync(join(root, 'mount/..2024_3/mg.yml'), 'a: 4\n'))
})

test('a link in the middle of the path that is turned to another folder is seen', async t => {
  const prepare = (root: string): void => {
    for (const release of ['1', '2']) {
      mkdirSync(join(root, 'releases', release), { recursive: true })
      writeFileSync(join(root, 'releases', release, 'mg.yml'), `a: ${release}\n`)
    }
    symlinkSync('releases/1', join(root, 'current'))
  }
  const { root, expectChange } = await bench(t, prepare, 'current/mg.yml')
  await expectChange(() => {
    symlinkSync('releases/2', join(root, 'next'))
    renameSync(join(root, 'next'), join(root, 'current'))
  })
  await expectChange(() => writeFileSync(join(root, 'releases/2/mg.yml'), 'a: 3\n'))
})

test('a slow write in two parts ends with what was written last', async t => {
  const { root, expectChange, count } = await bench(
    t,
    folder => writeFileSync(join(folder, 'mg.yml'), 'a: 1\n'),
    'mg.yml',
  )
  const file = join(root, 'mg.yml')
  await expectChange(() => {
    writeFileSync(file, 'a: 2\n')
    appendFileSync(file, 'b: 3\n')
  })
  assert.equal(count(), 1)
  await expectChange(() => appendFileSync(file, 'c: 4\n'))
})

test('what is not watched, and a write that changes nothing, is not reported', async t => {
  const { root, expectChange, count, update } = await bench(
    t,
    folder => writeFileSync(join(folder, 'mg.yml'), 'a: 1\n'),
    'mg.yml',
  )
  writeFileSync(join(root, 'access.log'), 'x')
  writeFileSync(join(root, 'mg.yml'), 'a: 1\n')
  // An update compares the contents at once.
  await update('mg.yml')
  assert.equal(count(), 0)
  await expectChange(() => writeFileSync(join(root, 'mg.yml'), 'a: 2\n'))
  assert.equal(count(), 1)
})

test('of a folder its list of files counts, and files may be missing at first', async t => {
  const { root, expectChange } = await bench(
    t,
    folder => mkdirSync(join(folder, 'conf.d')),
    'conf.d',
    'later/tls/key.pem',
  )
  await expectChange(() => writeFileSync(join(root, 'conf.d/10.yml'), 'a: 1\n'))
  await expectChange(() => {
    mkdirSync(join(root, 'later/tls'), { recursive: true })
    writeFileSync(join(root, 'later/tls/key.pem'), 'x')
  })
  await expectChange(() => unlinkSync(join(root, 'conf.d/10.yml')))
})

test('a folder that is deleted and made again is watched again', async t => {
  const prepare = (root: string): void => {
    mkdirSync(join(root, 'etc'))
    writeFileSync(join(root, 'etc/mg.yml'), 'a: 1\n')
  }
  const { root, expectChange } = await bench(t, prepare, 'etc/mg.yml')
  await expectChange(() => {
    rmSync(join(root, 'etc'), { recursive: true })
    mkdirSync(join(root, 'etc'))
    writeFileSync(join(root, 'etc/mg.yml'), 'a: 2\n')
  })
  await expectChange(() => writeFileSync(join(root, 'etc/mg.yml'), 'a: 3\n'))
})

test('paths can be exchanged while watching', async t => {
  const prepare = (root: string): void => {
    for (const name of ['a', 'b']) {
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'mg.yml'), '1')
    }
  }
  const { root, expectChange, update, count } = await bench(t, prepare, 'a/mg.yml')
  await update('b/mg.yml')
  writeFileSync(join(root, 'a/mg.yml'), '2')
  await expectChange(() => writeFileSync(join(root, 'b/mg.yml'), '2'))
  assert.equal(count(), 1)
})
