import type { Duplex } from 'node:stream'

/**
 * Joins two raw connections after a protocol upgrade, bytes both ways with back-pressure, until both directions have ended.
 * An end on one side is passed on as an end (half-close); an error or an abrupt close on one side closes the other.
 *
 * @param silenceMs closes both sides when no byte went either way for so long.
 * @returns a promise that resolves when both sides are closed; it never rejects.
 */
export function openTunnel(caller: Duplex, upstream: Duplex, silenceMs: number): Promise<void> {
  return new Promise(resolve => {
    const destroyBoth = (): void => {
      caller.destroy()
      upstream.destroy()
    }
    const silence = setTimeout(destroyBoth, silenceMs)
    const onByte = (): void => {
      silence.refresh()
    }
    let open = (caller.closed ? 0 : 1) + (upstream.closed ? 0 : 1)
    const onClose = (other: Duplex) => (): void => {
      open -= 1
      if (open > 0) {
        finish(other)
        return
      }
      onClosed()
    }
    const onClosed = (): void => {
      clearTimeout(silence)
      resolve()
    }
    caller.on('error', destroyBoth).on('close', onClose(upstream)).on('data', onByte)
    upstream.on('error', destroyBoth).on('close', onClose(caller)).on('data', onByte)
    if (caller.destroyed || upstream.destroyed) {
      destroyBoth()
      // A side that closed before the listeners were there will not say so again.
      if (open === 0) onClosed()
      return
    }
    caller.pipe(upstream)
    upstream.pipe(caller)
  })
}

/** Lets what is already written to a side reach it, then closes it: the other side is gone and nothing more can come. */
function finish(side: Duplex): void {
  if (side.destroyed) return
  if (side.writableFinished) side.destroy()
  else side.once('finish', () => side.destroy()).end()
}
