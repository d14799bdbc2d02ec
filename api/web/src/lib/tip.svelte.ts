// The one tooltip of the page: a day of a camera's bars.

export interface Tip {
  x: number
  y: number
  lines: string[]
}

class Shown {
  tip = $state.raw<Tip | undefined>()
}

export const shown = new Shown()
