import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backoff, LONGEST_PAUSE, Poller, TIMEOUT, type Failure, type World } from '../../src/lib/poller'

type Answer = Response | Error | 'hang'

/** A hub that answers what it is told to, and remembers what it was asked. */
function hub(...answers: Answer[]) {
  const asked: { url: string; etag: string | undefined; at: number }[] = []
  const started = Date.now()
  let hidden = false
  const world: World = {
    hidden: () => hidden,
    random: () => 0.5,
    fetch: (url, init) => {
      asked.push({ url, etag: (init.headers as Record<string, string>)['If-None-Match'], at: Date.now() - started })
      const answer = answers[Math.min(asked.length, answers.length) - 1]!
      if (answer === 'hang')
        return new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(new Error('aborted'))))
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer.clone())
    },
  }
  return { asked, world, hide: (yes: boolean) => (hidden = yes) }
}

const DATE = 'Mon, 23 Nov 2026 15:00:00 GMT'
const json = (body: unknown, etag?: string) => new Response(JSON.stringify(body), { headers: { ...(etag ? { ETag: etag } : {}), Date: DATE } })
const unchanged = () => new Response(null, { status: 304, headers: { Date: DATE } })

function watch(world: World, every = 5_000) {
  const got: unknown[] = []
  const confirmed: [string | undefined, boolean][] = []
  const failures: Failure[] = []
  const poller = new Poller<unknown>({
    url: 'api/v1/plan',
    every,
    world,
    onData: (d) => got.push(d),
    onConfirmed: (at, fresh) => confirmed.push([at?.toISOString(), fresh]),
    onFailure: (f) => failures.push(f),
  })
  return { poller, got, confirmed, failures }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('a poller', () => {
  it('asks again with the ETag it got, and takes 304 as a confirmation', async () => {
    const { asked, world } = hub(json({ n: 1 }, '"a"'), unchanged(), json({ n: 2 }, '"b"'), unchanged())
    const { poller, got, confirmed } = watch(world)
    poller.start()
    await pass(15_000)
    poller.stop()
    expect(asked.map((a) => a.etag)).toEqual([undefined, '"a"', '"a"', '"b"'])
    expect(asked.map((a) => a.at)).toEqual([0, 5_000, 10_000, 15_000])
    expect(got).toEqual([{ n: 1 }, { n: 2 }])
    expect(confirmed).toEqual([
      ['2026-11-23T15:00:00.000Z', true],
      ['2026-11-23T15:00:00.000Z', false],
      ['2026-11-23T15:00:00.000Z', true],
      ['2026-11-23T15:00:00.000Z', false],
    ])
  })

  it('waits longer after every failure, and as before after a success', async () => {
    const { asked, world } = hub(json(1, '"a"'), new Error('down'), new Error('down'), new Error('down'), unchanged())
    const { poller, failures } = watch(world)
    poller.start()
    await pass(5_000 + 5_000 + 10_000 + 20_000 + 5_000)
    poller.stop()
    expect(asked.map((a) => a.at)).toEqual([0, 5_000, 10_000, 20_000, 40_000, 45_000])
    expect(failures).toHaveLength(3)
    expect(failures[0]).toEqual({ kind: 'network', status: 0, detail: 'down' })
  })

  it('tells what the hub said is wrong (RFC 9457), and keeps its ETag', async () => {
    const problem = new Response(JSON.stringify({ title: 'Busy', detail: 'the store is busy', status: 503 }), { status: 503 })
    const { asked, world } = hub(json(1, '"a"'), problem, new Response('<html>', { status: 502 }), unchanged())
    const { poller, failures } = watch(world)
    poller.start()
    await pass(20_000)
    poller.stop()
    expect(failures).toEqual([
      { kind: 'problem', status: 503, detail: 'the store is busy' },
      { kind: 'problem', status: 502, detail: '' },
    ])
    expect(asked.at(-1)!.etag).toBe('"a"')
  })

  it('counts an answer that is no JSON as a failure', async () => {
    const { world } = hub(new Response('<html>'))
    const { poller, got, failures } = watch(world)
    poller.start()
    await pass(0)
    poller.stop()
    expect(got).toEqual([])
    expect(failures[0]!.kind).toBe('network')
  })

  it('gives up on an answer that does not come', async () => {
    const { asked, world } = hub('hang', json(1))
    const { poller, got, failures } = watch(world)
    poller.start()
    await pass(TIMEOUT)
    expect(failures).toHaveLength(1)
    await pass(5_000)
    poller.stop()
    expect(asked).toHaveLength(2)
    expect(got).toEqual([1])
  })

  it('asks nothing while the tab is hidden, and at once when it is seen again', async () => {
    const { asked, world, hide } = hub(json(1, '"a"'), unchanged())
    const { poller } = watch(world)
    poller.start()
    await pass(0)
    hide(true)
    await pass(600_000)
    expect(asked).toHaveLength(1)
    hide(false)
    poller.wake()
    await pass(5_000)
    poller.stop()
    expect(asked.map((a) => a.at)).toEqual([0, 600_000, 605_000])
  })

  it('loads once in a tab that was opened in the background', async () => {
    const { asked, world, hide } = hub(json(1))
    hide(true)
    const { poller, got } = watch(world)
    poller.start()
    await pass(60_000)
    poller.stop()
    expect(got).toEqual([1])
    expect(asked).toHaveLength(1)
  })

  it('has one request under way at most, however often it is woken', async () => {
    const { asked, world } = hub('hang')
    const { poller } = watch(world)
    poller.start()
    poller.wake()
    poller.wake()
    await pass(1_000)
    poller.stop()
    expect(asked).toHaveLength(1)
  })

  it('is silent once stopped', async () => {
    const { asked, world } = hub('hang')
    const { poller, failures } = watch(world)
    poller.start()
    await pass(1_000)
    poller.stop()
    await pass(600_000)
    expect(asked).toHaveLength(1)
    expect(failures).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the pause', () => {
  it('doubles up to its bound and is spread by a quarter either way', () => {
    expect(backoff(5_000, 0, 0.9)).toBe(5_000)
    expect([1, 2, 3].map((n) => backoff(5_000, n, 0.5))).toEqual([5_000, 10_000, 20_000])
    expect(backoff(5_000, 99, 0.5)).toBe(LONGEST_PAUSE)
    expect(backoff(300_000, 1, 0.5)).toBe(LONGEST_PAUSE)
    expect([0, 1].map((r) => backoff(5_000, 2, r))).toEqual([7_500, 12_500])
  })
})
