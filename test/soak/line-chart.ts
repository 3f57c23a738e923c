/** A picture of values over time, as SVG text: rows of curves above each other with one time axis. */
export interface ChartRow {
  readonly title: string
  readonly curves: readonly ChartCurve[]
}

export interface ChartCurve {
  readonly name: string
  readonly color: string
  /** One for each time. */
  readonly values: readonly number[]
}

export interface Chart {
  readonly title: string
  /** Seconds since the start. */
  readonly times: readonly number[]
  readonly rows: readonly ChartRow[]
}

const WIDTH = 900
const ROW_HEIGHT = 150
const LEFT = 70
const RIGHT = 20
const TOP = 50
const GAP = 46
const TEXT = '#444'
const GRID = '#ddd'

/** Draws a chart. Every row begins at zero: a level line looks level. */
export function drawChart({ title, times, rows }: Chart): string {
  const height = TOP + rows.length * (ROW_HEIGHT + GAP) + 10
  const last = Math.max(times.at(-1) ?? 1, 1)
  const x = (seconds: number): number => LEFT + (seconds / last) * (WIDTH - LEFT - RIGHT)
  const parts = rows.map((row, i) => drawRow(row, TOP + i * (ROW_HEIGHT + GAP), times, last, x))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="${TEXT}">
<title>${escapeText(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="16">${escapeText(title)}</text>
${parts.join('\n')}
</svg>
`
}

function drawRow(
  { title, curves }: ChartRow,
  top: number,
  times: readonly number[],
  last: number,
  x: (seconds: number) => number,
): string {
  const bottom = top + ROW_HEIGHT
  const most = roundUp(Math.max(1, ...curves.flatMap(({ values }) => values)))
  const y = (value: number): number => bottom - (value / most) * ROW_HEIGHT
  const lines = [0, 0.25, 0.5, 0.75, 1].map(share => {
    const at = y(share * most).toFixed(1)
    return `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="${GRID}"/><text x="${LEFT - 8}" y="${Number(at) + 4}" text-anchor="end">${format(share * most)}</text>`
  })
  const marks = [0, 0.2, 0.4, 0.6, 0.8, 1].map(share => {
    const at = x(share * last).toFixed(1)
    return `<text x="${at}" y="${bottom + 16}" text-anchor="middle">${formatTime(share * last, last)}</text>`
  })
  let legendAt = LEFT + 8 + title.length * 7
  const drawn = curves.map(({ name, color, values }) => {
    const points = values.map((value, i) => `${x(times[i] ?? 0).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
    const legend = `<rect x="${legendAt}" y="${top - 17}" width="10" height="10" fill="${color}"/><text x="${legendAt + 14}" y="${top - 8}">${escapeText(name)}</text>`
    legendAt += 34 + name.length * 7
    return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="1.5"/>${legend}`
  })
  return [`<text x="${LEFT}" y="${top - 8}">${escapeText(title)}</text>`, ...lines, ...marks, ...drawn].join('\n')
}

/** The next of 1, 2, 4, 6, 8 or 10 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 6, 8, 10].find(step => step * power >= value) ?? 10) * power
}

function format(value: number): string {
  return value >= 10_000 ? `${value / 1000}k` : String(Math.round(value * 100) / 100)
}

function formatTime(seconds: number, last: number): string {
  return last >= 300 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
