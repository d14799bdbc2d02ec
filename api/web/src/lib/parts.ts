// What the page asks the hub for, and how often (milliseconds).

/** Days of the bars and of the availability. */
export const DAYS = 90

export const PATHS = {
  plan: ['plan', 300_000],
  cameras: [`cameras?days=${DAYS}&bars=true`, 300_000],
  statuses: [`cameras?days=${DAYS}&fields=code,status`, 5_000],
  routes: ['routes', 15_000],
  coverage: ['coverage', 15_000],
  rollout: ['rollout', 15_000],
  agents: ['agents', 15_000],
} as const

export type Part = keyof typeof PATHS
export const PARTS = Object.keys(PATHS) as Part[]
