/** The product's own tags: the values of `type` in its exported aliases (webmethods.md 1.4 and 7.1). */
const PRODUCT_TAGS: ReadonlySet<string> = new Set([
  'authServerAlias',
  'clientMetadataMapping',
  'simple',
  'endpoint',
  'httpTransportSecurityAlias',
  'soapMessageSecurityAlias',
  'samlIssuerAlias',
  'webmethodsAlias',
  'transformationAlias',
  'serviceRegistryAlias',
  'awsConfigurationAlias',
  'isConfigurationAlias',
  'keystoreAlias',
  'truststoreAlias',
  'application',
])

const CORE_PREFIX = 'tag:yaml.org,2002:'

/** What a tag means to us. */
export type TagMeaning =
  | { readonly kind: 'auth-server' }
  /** Known to the product, without a meaning here: what it stands before is left out, with a warning. */
  | { readonly kind: 'foreign'; readonly name: string }
  /** One of YAML's own: the value must be of that type. */
  | { readonly kind: 'core'; readonly type: string }
  | { readonly kind: 'unknown'; readonly name: string }

/** Tells what an explicit tag means. `!name` and `!<name>` are the same for the product's tags (product.md 2). */
export function meaningOf(tag: string): TagMeaning {
  if (tag === '!') return { kind: 'core', type: 'str' }
  if (tag.startsWith(CORE_PREFIX)) {
    const type = tag.slice(CORE_PREFIX.length)
    return CORE_TYPES.has(type) ? { kind: 'core', type } : { kind: 'unknown', name: `!!${type}` }
  }
  const name = tag.startsWith('!') ? tag.slice(1) : tag
  if (name === 'authServerAlias') return { kind: 'auth-server' }
  if (PRODUCT_TAGS.has(name)) return { kind: 'foreign', name }
  return { kind: 'unknown', name: tag.startsWith('!') ? tag : `!<${tag}>` }
}

const CORE_TYPES: ReadonlySet<string> = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'])

/** Returns the product's tags, for a did-you-mean. */
export function knownTags(): Iterable<string> {
  return PRODUCT_TAGS
}

/** Tells whether a value is what YAML's own tag before it says. */
export function fitsCoreTag(type: string, value: unknown): boolean {
  if (type === 'int') return Number.isInteger(value)
  if (type === 'float') return typeof value === 'number'
  if (type === 'bool') return typeof value === 'boolean'
  if (type === 'null') return value === null
  return type !== 'str' || typeof value === 'string'
}
