import { type SchemaShape, wantsText } from './schema-shape.ts'

/**
 * Reads a text as the YAML core schema would read it without quotes, but only where the schema wants something other than a string.
 * What does not read as a wanted type stays text, for the schema to refuse.
 */
export function retype(text: string, shape: SchemaShape | undefined): string | number | boolean {
  if (shape === undefined || wantsText(shape)) return text
  const { types } = shape
  if (types.has('boolean')) {
    if (/^(?:true|True|TRUE)$/.test(text)) return true
    if (/^(?:false|False|FALSE)$/.test(text)) return false
  }
  if (types.has('integer') || types.has('number')) {
    const value = toNumber(text)
    if (value !== undefined) return value
  }
  return text
}

function toNumber(text: string): number | undefined {
  if (text.length > 40) return undefined
  const isNumber =
    /^[-+]?(?:\d+|\d*\.\d+|\d+\.)(?:[eE][-+]?\d+)?$/.test(text) || /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/.test(text)
  const value = isNumber ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) return undefined
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
}
