// The net of meridians and parallels behind the map: there are no tiles, and
// no outline of a country.

export interface Box {
  west: number
  south: number
  east: number
  north: number
}

export interface GridLine {
  kind: 'meridian' | 'parallel'
  at: number
}

const STEPS = [5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]

/** gridStep is the finest step, in degrees, that puts at most `most` lines across. */
export function gridStep(degrees: number, most: number): number {
  let best = STEPS[0]!
  for (const step of STEPS) if (degrees / step <= most) best = step
  return best
}

export function gridLines(box: Box, most = 7): GridLine[] {
  const step = gridStep(Math.max(box.east - box.west, box.north - box.south), most)
  return [...marks(box.west, box.east, step, 'meridian'), ...marks(box.south, box.north, step, 'parallel')]
}

function marks(from: number, to: number, step: number, kind: GridLine['kind']): GridLine[] {
  const out: GridLine[] = []
  for (let i = Math.ceil(from / step); i * step <= to; i++) out.push({ kind, at: Number((i * step).toFixed(4)) })
  return out
}

/** gridLabel is "105°54′Đ" (đông) or "105°54′E", with seconds where there are any. */
export function gridLabel(line: GridLine, hemispheres: { n: string; s: string; e: string; w: string }): string {
  const seconds = Math.round(Math.abs(line.at) * 3600)
  const [d, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  const side = line.kind === 'meridian' ? (line.at < 0 ? hemispheres.w : hemispheres.e) : line.at < 0 ? hemispheres.s : hemispheres.n
  return `${d}°${pad(m)}′${s ? pad(s) + '″' : ''}${side}`
}

function pad(n: number): string {
  return String(n).padStart(2, '0')
}
