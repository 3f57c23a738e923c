/** Writes a count with its noun: `1 route`, `3 routes`. Only for nouns whose plural ends in `s`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
