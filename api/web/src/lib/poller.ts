// Polling of one resource: conditional requests, a bounded wait for each, a
// growing pause after failures, and silence while nobody looks at the page.

import type { Problem } from './api'

/** What a poller needs of the world; tests bring their own. */
export interface World {
  fetch: (url: string, init: RequestInit) => Promise<Response>
  hidden: () => boolean
  /** A number from 0 up to 1; spreads the retries of many pages. */
  random: () => number
}

/** Why a request brought nothing. */
export interface Failure {
  kind: 'network' | 'problem'
  /** HTTP status, 0 when no answer came. */
  status: number
  detail: string
}

export interface PollerOptions<T> {
  url: string
  /** Milliseconds between the end of one request and the start of the next. */
  every: number
  /** Called with new data. */
  onData: (data: T) => void
  /**
   * Called whenever the hub confirmed what we have: at is the hub's clock, if
   * it told, and fresh says whether there was new data.
   */
  onConfirmed?: (at: Date | undefined, fresh: boolean) => void
  onFailure?: (failure: Failure) => void
  world: World
}

/** Longest wait for an answer, milliseconds: slow lines need time. */
export const TIMEOUT = 30_000

/** Longest pause between retries, milliseconds. */
export const LONGEST_PAUSE = 60_000

/** backoff is the pause before the next try, after failures in a row. */
export function backoff(every: number, failures: number, random: number): number {
  if (failures === 0) return every
  const pause = Math.min(LONGEST_PAUSE, Math.max(every, 2_000) * 2 ** Math.min(failures - 1, 6))
  return Math.round(pause * (0.75 + random / 2))
}

export class Poller<T> {
  #options: PollerOptions<T>
  #etag = ''
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #abort: AbortController | undefined
  #running = false
  #answered = false

  constructor(options: PollerOptions<T>) {
    this.#options = options
  }

  start(): void {
    this.#running = true
    void this.#poll()
  }

  stop(): void {
    this.#running = false
    clearTimeout(this.#timer)
    this.#abort?.abort()
  }

  /** wake polls at once if no request is under way: the tab is seen again, or the reader asks. */
  wake(): void {
    if (!this.#running || this.#abort) return
    clearTimeout(this.#timer)
    void this.#poll()
  }

  async #poll(): Promise<void> {
    const { world, every } = this.#options
    // A hidden page that has its data asks nothing and runs no timer: wake starts it again.
    if (world.hidden() && this.#answered) return
    await this.#request()
    if (!this.#running) return
    this.#timer = setTimeout(() => void this.#poll(), backoff(every, this.#failures, world.random()))
  }

  async #request(): Promise<void> {
    const { url, world, onData, onConfirmed, onFailure } = this.#options
    const abort = new AbortController()
    this.#abort = abort
    const timeout = setTimeout(() => abort.abort(), TIMEOUT)
    try {
      const headers: Record<string, string> = { Accept: 'application/json' }
      if (this.#etag) headers['If-None-Match'] = this.#etag
      const answer = await world.fetch(url, { headers, signal: abort.signal, cache: 'no-store' })
      if (answer.status !== 304 && !answer.ok) {
        this.#failures++
        onFailure?.({ kind: 'problem', status: answer.status, detail: await problemText(answer) })
        return
      }
      if (answer.status !== 304) {
        const data = (await answer.json()) as T
        if (!this.#running) return
        this.#etag = answer.headers.get('ETag') ?? ''
        onData(data)
      }
      this.#failures = 0
      this.#answered = true
      onConfirmed?.(hubClock(answer), answer.status !== 304)
    } catch (e) {
      if (!this.#running) return
      this.#failures++
      onFailure?.({ kind: 'network', status: 0, detail: e instanceof Error ? e.message : String(e) })
    } finally {
      clearTimeout(timeout)
      this.#abort = undefined
    }
  }
}

function hubClock(answer: Response): Date | undefined {
  const date = new Date(answer.headers.get('Date') ?? '')
  return Number.isNaN(date.getTime()) ? undefined : date
}

async function problemText(answer: Response): Promise<string> {
  try {
    const problem = (await answer.json()) as Problem
    return problem.detail || problem.title || ''
  } catch {
    return ''
  }
}
