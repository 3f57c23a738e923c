/**
 * Changes package.json for the published package and back. The Node.js binaries under `optionalDependencies` are for this
 * repository alone (docs/decisions/0001): nobody who installs the package should download them.
 *
 *   drop     before packing: keeps what users of the package need
 *   restore  after packing: puts the repository's own file back
 *   refuse   before publishing a folder: npm reads the manifest once more after `restore`, so only the tarball may be published
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

const manifest = new URL('../package.json', import.meta.url)
const kept = new URL('../node_modules/.package.json.before-pack', import.meta.url)

const word = process.argv[2]
if (word === 'drop') {
  const text = readFileSync(manifest, 'utf8')
  const content = JSON.parse(text)
  delete content.optionalDependencies
  delete content.devDependencies
  delete content.scripts
  writeFileSync(kept, text)
  writeFileSync(manifest, `${JSON.stringify(content, null, 2)}\n`)
} else if (word === 'restore') {
  renameSync(kept, manifest)
} else {
  console.error('Publish the tarball, not the folder: npm pack && npm publish ./microgateway-*.tgz')
  process.exitCode = 1
}
