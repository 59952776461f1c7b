import { expect, test } from 'bun:test'
import { assertPlatformEvent } from '#admin/platform-events.ts'
import { newUuid } from '#kernel/ids.ts'
import { logStart } from '#kernel/position.ts'
import { newRebuild } from '#projection/rebuild/rebuild-machine.ts'
import type { RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { toDecision, toEnding } from './rebuild-decisions.ts'

const request = {
  projection: 'p.tasks',
  kind: 'rebuild',
  by: 'ann',
  reason: '',
  asksFirst: true,
  rateMax: null,
} as const
const { state } = newRebuild(request, { id: newUuid(), fromVersion: 1, toVersion: 2, now: 5 })
const table = { table: 'rows', rowCount: 1, wantedRowCount: 1, hash: 'a', wantedHash: 'a' }
const proved: RebuildState = {
  ...state,
  proof: { outcome: 'equal', sampleShare: 1, position: logStart, tables: [table], examples: [] },
  differences: { added: 1, removed: 0, changed: 2 },
  swapMs: 12,
  endedAt: 9,
}

test('E6 what is decided about a rebuild, and how it ended, is as the list of the platform’s events has it', () => {
  const decisions = [
    toDecision('Requested', state, 'ann', { reason: '', asksFirst: true, rateMax: null }),
    toDecision('Paused', state, 'ann'),
    toDecision('Resumed', state, 'ann'),
    toDecision('Approved', state, 'ann'),
    toDecision('Throttled', state, 'ann', { rateMax: 5 }),
    toDecision('Cancelled', state, 'ann', { reason: 'later' }),
    toEnding({ ...proved, phase: 'done' }),
    toEnding({ ...state, phase: 'failed', error: 'It broke.', endedAt: 9 }),
    toEnding({ ...state, phase: 'cancelled', error: 'An upgrade overtook it.', endedAt: 9 }),
  ]
  for (const decision of decisions) assertPlatformEvent(decision?.type ?? '', decision?.data ?? {})
  expect(decisions).toHaveLength(9)
})

test('E6 what is not on the list, or not as it says there, is not written', () => {
  expect(() => assertPlatformEvent('peek.ProjectionRebuildForgotten', {})).toThrow('no event of the platform')
  const { type, data } = toDecision('Paused', state, 'ann')
  expect(() => assertPlatformEvent(type, { ...data, colour: 'red' })).toThrow('not as platform-events.ts defines it')
})
