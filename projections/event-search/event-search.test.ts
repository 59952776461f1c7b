import { describe, expect, test } from 'bun:test'
import { jobEventSchemas, type ProjectedEvent } from '#plugin-api'
import { eventSearch } from './event-search.ts'

const id = '11111111-1111-4111-8111-111111111111'

/** The row of one event. */
function rowOf(change: Partial<ProjectedEvent>, metadata: ProjectedEvent['recorded']['metadata'] = {}, data = {}) {
  const rows: Record<string, unknown>[] = []
  const table = { insert: (row: Record<string, unknown>) => void rows.push(row) }
  const event = { id, type: 'shop.PlaceOrder', stream: 'shop.Order-7', revision: 0, user: '', device: '', ...change }
  const whole = { occurredAt: 1.5, recordedAt: 2, ...event, recorded: { data, metadata } }
  const any = eventSearch.on.find(({ type }) => type === '*')
  any?.project(whole as ProjectedEvent, { events: table } as never)
  return rows[0] ?? {}
}

describe('a row says what an event is', () => {
  test.each([
    [{ actionId: id }, 'action'],
    [{ actionId: 'other' }, 'fact'],
    [{ type: 'peek.ActionRefused', stream: 'refusals-shop.Order-7' }, 'refusal'],
    [{ type: 'peek.ActionRefused' }, 'foreign'],
    [{ stream: 'peek.Projections-shop.orders', actionId: id }, 'decision'],
    [{ stream: 'jobs-shop.bills', actionId: id }, 'job'],
    [{}, 'foreign'],
  ])('%j is %s', (change, kind) => expect(rowOf(change).kind).toBe(kind))

  test.each([
    ['shop.Order-7', 'shop', 'Order', '7'],
    ['refusals-shop.Order-a-b.c', 'shop', 'Order', 'a-b.c'],
    ['peek.Projections-shop.orders', 'peek', 'Projections', 'shop.orders'],
    ['peek.Settings', 'peek', 'Settings', ''],
    ['jobs-shop.bills', 'shop', 'bills', ''],
    ['stranger', '', '', ''],
  ])('and where it belongs: %s', (stream, plugin, category, entityId) => {
    expect(rowOf({ stream })).toMatchObject({ plugin, category, entityId, stream })
  })

  test('a refusal is found under the action that was refused', () => {
    const refusal = { type: 'peek.ActionRefused', stream: 'refusals-shop.Order-7' }
    expect(rowOf(refusal, {}, { action: 'shop.PlaceOrder', data: {} }).type).toBe('shop.PlaceOrder')
    expect(rowOf(refusal, {}, { action: 7 }).type).toBe('peek.ActionRefused')
  })

  test('data is kept as it was recorded, whatever today’s code makes of it', () => {
    const row = rowOf({ data: { today: true } }, { schemaVersion: 3 }, { b: 1, a: 'Äh' })
    expect(row).toMatchObject({ data: '{"b":1,"a":"Äh"}', searchText: 'b: 1\na: äh', schemaVersion: 3, occurredAt: 1 })
  })

  test('names longer than an index can hold are cut, so that no event is left out', () => {
    const row = rowOf(
      { stream: `x.Y-${'ü'.repeat(5_000)}`, user: 'u'.repeat(700) },
      { correlationId: 'c'.repeat(9_000) },
    )
    for (const column of ['stream', 'entityId', 'user', 'correlationId'])
      expect(Buffer.byteLength(String(row[column]))).toBeLessThan(2_000)
  })
})

describe('of jobs', () => {
  const stream = `jobs-shop.Bill-${id}`

  test('what people decided and what came of it is kept, what keeper and workers say to each other is not', () => {
    const kept = Object.keys(jobEventSchemas).filter((type) => rowOf({ type, stream }).kind === 'job')
    expect(kept.toSorted()).toEqual([
      'peek.JobBroughtForward',
      'peek.JobCancelRequested',
      'peek.JobCancelled',
      'peek.JobParked',
      'peek.JobRetried',
      'peek.JobSubmitted',
      'peek.JobSucceeded',
      'peek.JobTryFailed',
    ])
    expect(rowOf({ type: 'peek.JobReady', stream: 'shop.Order-7' }).kind).toBe('foreign')
  })

  test('that are forgotten the rows go that their event names, and no others', () => {
    const gone: unknown[] = []
    const table = { deleteIfPresent: (key: unknown) => void gone.push(key) }
    const jobs = [
      { job: 'shop.Bill', jobId: id, leases: ['l'], positions: ['p1', 'p2'] },
      { job: 'shop.Bill', jobId: id, leases: [], positions: [] },
    ]
    const event = { type: 'peek.JobsForgotten', data: { jobs } } as never as ProjectedEvent
    eventSearch.on.find(({ type }) => type === 'peek.JobsForgotten')?.project(event, { events: table } as never)
    expect(gone).toEqual(['p1', 'p2'])
  })
})
