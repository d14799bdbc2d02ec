// Chainage (lý trình), written Km12+500.

/** metres reads a chainage; NaN when it is none. */
export function metres(chainage: string | undefined): number {
  const m = /^Km(-?\d+)\+(\d+)$/i.exec(chainage ?? '')
  return m ? Number(m[1]) * 1000 + Number(m[2]) : NaN
}
