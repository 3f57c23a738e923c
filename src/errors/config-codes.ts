/**
 * The codes of everything that can be wrong with a configuration. They are `config.fact`, never renamed, never reused;
 * `docs/ERRORS.md` has one heading each, and `microgateway help CODE` prints it.
 */
export const CONFIG_CODES = {
  'config.file': 'A file cannot be read',
  'config.encoding': 'A file is not clean UTF-8 text',
  'config.syntax': 'The YAML cannot be parsed',
  'config.empty': 'The configuration is empty',
  'config.tag': 'A YAML tag is not known',
  'config.unknown_key': 'A key is not known',
  'config.foreign_key': 'A key of the product has no meaning here',
  'config.required': 'A key is missing',
  'config.type': 'A value has the wrong type',
  'config.value': 'A value is not allowed',
  'config.duplicate': 'Two entries claim the same name',
  'config.reference': 'A name is not defined',
  'config.conflict': 'Two settings cannot stand together',
  'config.interpolation': 'A reference to the environment or a file cannot be resolved',
  'config.environment': 'An environment variable names no known setting',
  'config.expression': 'An expression does not compile',
  'config.secret': 'A secret is unsuitable',
  'config.published_secret': 'A secret is published in our samples',
  'config.insecure': 'A setting weakens security',
  'config.unusable': 'Something named here cannot be used now',
  'config.expires_soon': 'A certificate expires soon',
  'config.ambiguous': 'Two entries can match one request alike',
  'config.not_built': 'The feature of a key is not built yet',
  'config.defect': 'The gateway failed to apply the settings',
  'config.needs_restart': 'A change takes effect after a restart only',
} as const satisfies Readonly<Record<string, string>>

export type ConfigCode = keyof typeof CONFIG_CODES
