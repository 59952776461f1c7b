import { describe, expect, test } from 'bun:test'
import { toTryEvents } from './try-events.ts'

const lines = [{ at: 1, level: 'info', words: 'hello' }]
const at = (tryNumber: number) => ({
  lease: 'l',
  tryNumber,
  retry: { triesMax: 3, delayMs: 100, delayMsMax: 1_000 },
  lines,
  now: 5_000,
})

describe('what is recorded of a try', () => {
  test('that went well: the output, the one outcome of the job', () => {
    expect(toTryEvents({ at: 'succeeded', output: { x: 1 }, tookMs: 7.4 }, at(1))).toEqual([
      { type: 'peek.JobSucceeded', data: { lease: 'l', output: { x: 1 }, lines, tookMs: 7 } },
    ])
  })

  test('that failed: when the next one may begin, later from one to the next', () => {
    const failed = { at: 'failed', cause: 'threw', error: 'no' } as const
    const nextAt = (tryNumber: number) => toTryEvents(failed, at(tryNumber))[0]?.data
    expect(nextAt(1)).toMatchObject({ nextAt: 5_100 })
    expect(nextAt(2)).toMatchObject({ nextAt: 5_200 })
  })

  test('that failed as the last one: it parks with the error, in the same append', () => {
    const events = toTryEvents({ at: 'failed', cause: 'timeout', error: 'slow' }, at(3))
    expect(events.map(({ type }) => type)).toEqual(['peek.JobTryFailed', 'peek.JobParked'])
    expect(events[1]?.data).toEqual({ error: 'slow' })
  })

  test('whose input is wrong: it parks at once, as no other try can mend that', () => {
    const events = toTryEvents({ at: 'failed', cause: 'bad-input', error: 'x is wrong' }, at(1))
    expect(events.map(({ type }) => type)).toEqual(['peek.JobTryFailed', 'peek.JobParked'])
  })

  test('that was cancelled, given back by a worker that stops, or taken by another', () => {
    const typesOf = (why: 'cancelled' | 'worker-stopped' | 'lost') =>
      toTryEvents({ at: 'interrupted', why }, at(3)).map(({ type, data }) => [type, 'cause' in data && data.cause])
    expect(typesOf('cancelled')).toEqual([['peek.JobCancelled', false]])
    expect(typesOf('worker-stopped')).toEqual([['peek.JobTryFailed', 'worker-stopped']])
    expect(typesOf('lost')).toEqual([])
  })

  test('O5 a text without end is cut to what an event may hold', () => {
    const [failed] = toTryEvents({ at: 'failed', cause: 'threw', error: 'x'.repeat(1_000_000) }, at(1))
    expect(JSON.stringify(failed).length).toBeLessThan(11_000)
  })
})
