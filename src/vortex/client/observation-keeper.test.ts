import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { UpHead } from '../protocol/up.ts'
import { createClientStats } from './client-stats.ts'
import { createObservationKeeper } from './observation-keeper.ts'
import type { Observer } from './vortex-client.ts'

const from = { token: 't1', position: 'p1' }
const quiet: Observer = {
  rows: () => undefined,
  patch: () => undefined,
  resumed: () => undefined,
  trouble: () => undefined,
}

function setUp() {
  const clock = createFakeClock(0)
  const sent: UpHead[] = []
  const keeper = createObservationKeeper({
    clock,
    random: () => 0.5,
    log: silentLog,
    stats: createClientStats(),
    batch: (work) => work(),
    send: (head) => sent.push(head) > 0,
  })
  /** What was sent since it was last asked for. */
  const said = (k: UpHead['k']): unknown[] => sent.splice(0).filter((head) => head.k === k)
  return { keeper, clock, said }
}

test.each([
  [3, {}],
  [4, { hash: 'h1' }],
])(
  'O2 rows that were kept are gone on from; to version %p their hash is said as far as that knows of it',
  (version, more) => {
    const { keeper, said } = setUp()
    keeper.observe('tutorial.StringInt', {}, { ...quiet, hash: () => 'h1' }, from)
    said('observe')
    keeper.onOnline(version)
    const observe = { k: 'observe', obs: 1, name: 'tutorial.StringInt', selector: {}, token: 't1', ...more }
    expect(said('observe')).toEqual([observe])
  },
)

test('O2 kept rows that are right at a later moment are gone on from there', () => {
  const { keeper, said } = setUp()
  const heard: unknown[] = []
  keeper.onOnline(4)
  keeper.observe('tutorial.StringInt', {}, { ...quiet, resumed: (at) => heard.push(at) }, from)
  keeper.onResumed({ k: 'resumed', obs: 1, sel: 1 })
  keeper.onResumed({ k: 'resumed', obs: 1, sel: 1, token: 't2', position: 'p2' })
  expect(heard).toEqual([undefined, { token: 't2', position: 'p2' }])
  keeper.onOffline()
  said('observe')
  keeper.onOnline(4)
  expect(said('observe')).toEqual([expect.objectContaining({ token: 't2' })])
})

test('whoever wants to be checked is, soon after going on from what was kept, and every now and then', () => {
  const { keeper, clock, said } = setUp()
  const heard: unknown[] = []
  keeper.onOnline(4)
  keeper.observe('tutorial.StringInt', {}, { ...quiet, checked: (found) => heard.push(found) }, from)
  keeper.observe('tutorial.StringInt', {}, quiet, from)
  for (const obs of [1, 2]) keeper.onResumed({ k: 'resumed', obs, sel: obs })
  clock.advance(20_000)
  expect(said('check')).toEqual([{ k: 'check', obs: 1, position: 'p1' }])
  keeper.onPatch(JSON.stringify([{ sel: 1, token: 't2', position: 'p2', set: [], del: [], acts: [] }]))
  clock.advance(600_000)
  expect(said('check')).toEqual([{ k: 'check', obs: 1, position: 'p2' }])
  keeper.onChecked({ k: 'checked', obs: 1, position: 'p2', hash: 'h', count: 2 })
  expect(heard).toEqual([{ position: 'p2', hash: 'h', count: 2 }])
})

test('nobody is checked where the server cannot, nor while there is none', () => {
  const { keeper, clock, said } = setUp()
  keeper.onOnline(3)
  keeper.observe('tutorial.StringInt', {}, { ...quiet, checked: () => undefined }, from)
  keeper.onResumed({ k: 'resumed', obs: 1, sel: 1 })
  clock.advance(3_600_000)
  keeper.onOnline(4)
  keeper.onResumed({ k: 'resumed', obs: 1, sel: 1 })
  keeper.onOffline()
  clock.advance(3_600_000)
  expect(said('check')).toEqual([])
})
