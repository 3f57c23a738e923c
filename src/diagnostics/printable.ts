/** C0, DEL, C1, line separators and the characters that turn the direction of text. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Makes text safe for a terminal without moving a column: each character that could steer the terminal or turn the direction of the
 * text becomes one replacement character, a tab one space.
 */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, found => (found === '\t' ? ' ' : '\ufffd'))
}
