/** Takes pieces out of a text, large ones first, for as long as it still shows what it showed (delta debugging). */
export async function reduce(text: string, stillShows: (text: string) => Promise<boolean>): Promise<string> {
  let smallest = text
  for (let size = smallest.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < smallest.length; ) {
      const shorter = smallest.slice(0, at) + smallest.slice(at + size)
      if (shorter !== '' && (await stillShows(shorter))) smallest = shorter
      else at += size
    }
  }
  return smallest
}
