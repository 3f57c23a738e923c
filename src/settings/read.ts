/** Reads the layers an operator named: files, or folders of `*.yml` in name order. Nothing is parsed here, nothing is thrown. */
import { constants } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Problem } from '../diagnostics/problem.ts'
import { createSourceText, placeOf, type SourceText } from './source-text.ts'

/** Larger files are refused: ten thousand applications need a tenth of it. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024

/** The texts of all layers, in order, and what could not be read. */
export interface ReadLayers {
  /** One element a layer; a layer that could not be read has no sources. */
  readonly layers: readonly (readonly SourceText[])[]
  /** Texts that are not clean: to be shown beside their problem, never to be parsed. */
  readonly unclean: readonly SourceText[]
  readonly problems: readonly Problem[]
  /** Absolute paths of every file and folder that was named or read, readable or not. */
  readonly paths: readonly string[]
}

/** Reads every layer (`-c` arguments, relative to `cwd`). What cannot be read becomes a problem, and the rest is read all the same. */
export async function readLayers(names: readonly string[], cwd: string): Promise<ReadLayers> {
  const layers: SourceText[][] = []
  const unclean: SourceText[] = []
  const problems: Problem[] = []
  const paths: string[] = []
  for (const name of names) {
    const files = await listFiles(name, cwd, problems, paths)
    const sources: SourceText[] = []
    for (const file of files) {
      const read = await readBytes(file.path)
      if (!read.ok) {
        problems.push(fileProblem(`\`${file.label}\` cannot be read: ${read.reason}`))
        continue
      }
      const { source, problem } = decodeSource(file, read.bytes)
      if (problem === undefined) sources.push(source)
      else {
        unclean.push(source)
        problems.push(problem)
      }
    }
    layers.push(sources)
  }
  return { layers, unclean, problems, paths }
}

interface NamedFile {
  readonly label: string
  readonly path: string
}

async function listFiles(name: string, cwd: string, problems: Problem[], paths: string[]): Promise<NamedFile[]> {
  const path = resolve(cwd, name)
  paths.push(path)
  try {
    if (!(await stat(path)).isDirectory()) return [{ label: name, path }]
    const entries = await readdir(path)
    const files = entries.filter(entry => entry.endsWith('.yml') && !entry.startsWith('.')).sort()
    if (files.length === 0) problems.push(emptyFolder(name, entries))
    const found = files.map(file => ({ label: join(name, file), path: join(path, file) }))
    paths.push(...found.map(file => file.path))
    return found
  } catch (error) {
    const create = 'create it, or name another with `-c`'
    problems.push(fileProblem(`\`${name}\` cannot be read: ${reasonOf(error)}`, isMissing(error) ? create : undefined))
    return []
  }
}

function emptyFolder(name: string, entries: readonly string[]): Problem {
  const other = entries.find(entry => entry.endsWith('.yaml'))
  const help = other === undefined ? undefined : `rename \`${other}\` to \`${other.replace(/yaml$/, 'yml')}\``
  return fileProblem(`folder \`${name}\` holds no file \`*.yml\``, help)
}

type ReadBytes = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly reason: string }

/** Reads a regular file of at most `maxBytes`. Never waits for a pipe or a device, and never throws. */
export async function readBytes(path: string, maxBytes: number = MAX_FILE_BYTES): Promise<ReadBytes> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { size, ...stats } = await handle.stat()
    if ((stats.mode & constants.S_IFMT) !== constants.S_IFREG) return { ok: false, reason: 'it is not a regular file' }
    if (size > maxBytes) return { ok: false, reason: `it is larger than ${formatSize(maxBytes)}` }
    const bytes = Buffer.alloc(maxBytes < size + 1 ? maxBytes + 1 : size + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
      if (bytesRead === 0) return { ok: true, bytes: bytes.subarray(0, length) }
      length += bytesRead
      if (length === bytes.length) return { ok: false, reason: 'it grew while it was read' }
    }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}

function formatSize(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MiB` : `${bytes / 1024} KiB`
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  ENXIO: 'it is not a regular file',
}

/** Says why a file operation failed, in words of our own; the path is not repeated. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error)
  return REASONS[code] ?? (code === '' ? 'the name is not valid' : `the system says ${code}`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
}

function fileProblem(message: string, help?: string): Problem {
  return { code: 'config.file', severity: 'error', message, ...(help !== undefined && { help }) }
}

/** YAML 1.2 section 5.1 leaves out these; the direction marks can make a line read as something else than it is. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/

interface Decoded {
  readonly source: SourceText
  readonly problem: Problem | undefined
}

/** Decodes one file and looks for what clean text does not hold. */
function decodeSource(file: NamedFile, bytes: Buffer): Decoded {
  const parts = { label: file.label, directory: dirname(file.path), kind: 'file' } as const
  const text = decodeUtf8(bytes)
  if (text === undefined) return decodeLossy(parts, bytes)
  const source = createSourceText({ ...parts, text })
  const found = FORBIDDEN.exec(text)
  if (found === null) return { source, problem: undefined }
  const name = `U+${(text.codePointAt(found.index) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return {
    source,
    problem: {
      code: 'config.encoding',
      severity: 'error',
      message: `\`${file.label}\` holds the control character ${name}`,
      place: placeOf({ source, start: found.index, end: found.index + 1 }),
      label: 'here',
      help: 'remove it, or write it as an escape such as "\\u0007" in double quotes',
    },
  }
}

function decodeLossy(parts: Omit<SourceText, 'text' | 'lineStarts'>, bytes: Buffer): Decoded {
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const source = createSourceText({ ...parts, text: isWide ? '' : new TextDecoder('utf-8').decode(bytes) })
  const clean = isWide ? '' : new TextDecoder('utf-8').decode(bytes.subarray(0, validLength(bytes)), { stream: true })
  return {
    source,
    problem: {
      code: 'config.encoding',
      severity: 'error',
      message: `\`${parts.label}\` is not UTF-8 text${isWide ? ' but UTF-16' : ''}`,
      place: placeOf({ source, start: clean.length, end: clean.length + 1 }),
      ...(!isWide && { label: 'this byte does not fit' }),
      help: 'save the file as UTF-8',
    },
  }
}

/** Decodes UTF-8, with or without byte order mark. Undefined if a byte does not fit. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Finds how many leading bytes are valid UTF-8, by halving. */
function validLength(bytes: Buffer): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (isValidStart(bytes.subarray(0, middle))) low = middle
    else high = middle - 1
  }
  return low
}

function isValidStart(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}
