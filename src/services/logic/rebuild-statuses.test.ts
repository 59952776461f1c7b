import { expect, test } from 'bun:test'
import * as v from 'valibot'
import { createFakeClock } from '#kernel/clock.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { RebuildStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { watchRebuilds } from './rebuild-statuses.ts'

const request = {
  kind: 'rebuild',
  projection: 'test.counters',
  by: 'ann',
  reason: '',
  asksFirst: true,
  rateMax: null,
} as const

test('P6 a rebuild shows as it goes, with every step it takes, and is gone when it is listed no more', async () => {
  const clock = createFakeClock()
  const control = createFakeRebuildControl({ clock, versions: { 'test.counters': 1 } })
  const rows = new Map<string, TupleOf<typeof RebuildStatus>>()
  let isLeading = true
  const watching = watchRebuilds({
    rebuilds: () => (isLeading ? control : undefined),
    show: (row) => rows.set(row.id, row),
    remove: (id) => rows.delete(id),
    clock,
    periodMs: 100,
  })
  const { id } = await control.start(request)
  const phases = new Set<string>()
  for (let step = 0; step < 16; step++) {
    clock.advance(100)
    phases.add(rows.get(id)?.phase ?? '')
    control.step()
  }
  expect([...phases]).toEqual(['queued', 'folding', 'indexing', 'following', 'proving', 'comparing'])
  expect(rows.get(id)).toMatchObject({ proofOutcome: 'equal', proofSampleShare: 1, differencesChanged: 0 })
  expect(v.is(RebuildStatus.schema, rows.get(id))).toBe(true)
  isLeading = false
  clock.advance(100)
  expect(rows.size).toBe(0)
  watching.stop()
})

test('the line of its pace has a figure a second while it moves, and two minutes at most', async () => {
  const clock = createFakeClock()
  const control = createFakeRebuildControl({ clock, versions: { 'test.counters': 1 } })
  let rates: readonly number[] = []
  const watching = watchRebuilds({
    rebuilds: () => control,
    show: (row) => (rates = row.lastRates),
    remove: () => undefined,
    clock,
  })
  const { id } = await control.start({ ...request, rateMax: 700 })
  clock.advance(5_000)
  expect(rates).toEqual([])
  control.step()
  control.step()
  clock.advance(3_000)
  expect(rates).toEqual([700, 700, 700])
  await control.pause(id, 'ann')
  clock.advance(60_000)
  expect(rates).toEqual([700, 700, 700])
  await control.resume(id, 'ann')
  clock.advance(600_000)
  expect(rates.length).toBe(120)
  watching.stop()
})
