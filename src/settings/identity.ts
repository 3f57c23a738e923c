/** Which entries of two lists are the same thing: by `id` if both have one, else by `name`; APIs by name and version (product.md 2). */
import type { SchemaAt } from './schema-shape.ts'
import type { MapNode, ScalarNode, SettingsNode } from './settings-node.ts'

/** Tells what a scalar says, with references replaced as far as possible. */
export type TextOf = (node: ScalarNode) => string

/** Tells whether the list at a path is one of named things. Lists of the operator's own maps (claim sets) never are. */
export function isNamedList(path: readonly string[], schemaAt: SchemaAt): boolean {
  const keys = schemaAt([...path, '0'])?.properties ?? []
  return keys.includes('name') || keys.includes('id')
}

/** The names that an entry goes by. */
export interface Identity {
  readonly id: string | undefined
  readonly name: string | undefined
  /** How people call it, for messages. */
  readonly shown: string
}

/** Reads the identity of an entry of a named list. Undefined: it has none (the schema will say so). */
export function identityOf(entry: SettingsNode, path: readonly string[], textOf: TextOf): Identity | undefined {
  if (entry.kind !== 'map') return undefined
  const name = read(entry, 'name', textOf)
  if (path.length === 1 && path[0] === 'apis') {
    if (name === undefined) return undefined
    const version = read(entry, 'version', textOf)
    const shown = version === undefined ? name : `${name} ${version}`
    return { id: undefined, name: JSON.stringify([name, version ?? null]), shown }
  }
  const id = read(entry, 'id', textOf)
  return id === undefined && name === undefined ? undefined : { id, name, shown: name ?? id ?? '' }
}

function read(entry: MapNode, key: string, textOf: TextOf): string | undefined {
  const value = entry.entries.get(key)?.value
  return value?.kind === 'scalar' && value.value !== null ? textOf(value) : undefined
}

/** Finds entries that are the same thing as another, without comparing each with each. */
export interface IdentityIndex {
  /** Returns the position of the entry that is the same thing. */
  find(identity: Identity): number | undefined
  /** Remembers (or, after a merge, remembers anew) what the entry at a position is called. */
  set(identity: Identity, position: number): void
}

/** Creates an empty index. */
export function createIdentityIndex(): IdentityIndex {
  const byId = new Map<string, number>()
  const byName = new Map<string, { readonly id: string | undefined; readonly position: number }[]>()
  return {
    find: ({ id, name }) => {
      const sameId = id === undefined ? undefined : byId.get(id)
      if (sameId !== undefined || name === undefined) return sameId
      return byName.get(name)?.find(other => id === undefined || other.id === undefined)?.position
    },
    set: ({ id, name }, position) => {
      if (id !== undefined && !byId.has(id)) byId.set(id, position)
      if (name === undefined) return
      const others = (byName.get(name) ?? []).filter(other => other.position !== position)
      byName.set(name, [...others, { id, position }])
    },
  }
}
