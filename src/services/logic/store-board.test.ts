import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { createStoreBoard } from './store-board.ts'

const admin: Principal = { user: 'root', device: 'd', service: 'logic', roles: ['admin'] }
const group = {
  stream: 'orders-1',
  group: 'mailer',
  status: 'Live',
  strategy: 'RoundRobin',
  consumerCount: 1,
  inFlightCount: 0,
  bufferedCount: 0,
  retryCount: 0,
  parkedCount: 2,
  ratePerSecond: 0,
  totalCount: 9,
  checkpoint: undefined,
  lastKnown: '4',
  lagEvents: undefined,
}

function makeBoard() {
  const clock = createFakeClock(1_000)
  const board = createStoreBoard({ clock, onChange: () => undefined })
  const rows = async (name: string) => {
    for (const source of board.sources) {
      const snapshot = await source(`peek.${name}`, {}, admin)
      if (snapshot) return snapshot.rows
    }
    throw new Error(`nothing answers for ${name}`)
  }
  return { clock, board, rows }
}

test('what the server does not report is null, not zero', async () => {
  const { board, rows } = makeBoard()
  board.takeHealth({ state: 'ready', since: 7, words: 'Connected' }, 'kurrentdb://***@host')
  board.takeFigures({ memoryBytes: 5 })
  expect(await rows('EventStoreStatus')).toMatchObject([
    {
      state: 'ready',
      address: 'kurrentdb://***@host',
      memoryBytes: 5,
      fileBytes: null,
      eventsInPerSecond: null,
      reportsSubscriptions: false,
      figuresWords: null,
    },
  ])
  expect(await rows('EventStoreLook')).toEqual([])
})

test('figures that went away are shown no longer, with the reason', async () => {
  const { board, rows } = makeBoard()
  const subscription = { id: 's', source: '$all', filter: '', position: '4', since: 1, peer: 'p', lagBytes: 3 }
  board.takeFigures({ fileBytes: 5, subscriptions: [subscription] })
  expect(await rows('StoreSubscriptionStatus')).toEqual([{ ...subscription, lagEvents: null }])
  board.loseFigures('The server is stopping.')
  expect(await rows('EventStoreStatus')).toMatchObject([{ fileBytes: null, figuresWords: 'The server is stopping.' }])
  expect(await rows('StoreSubscriptionStatus')).toEqual([])
})

test('the looks of the last minutes are kept, and no more', async () => {
  const { clock, board, rows } = makeBoard()
  for (let look = 0; look < 400; look++) {
    board.takeFigures({ eventsInPerSecond: look })
    clock.advance(2_000)
  }
  const looks = (await rows('EventStoreLook')) as readonly { eventsInPerSecond: number }[]
  expect(looks.map(({ eventsInPerSecond }) => eventsInPerSecond)).toEqual(
    Array.from({ length: 150 }, (_, index) => 250 + index),
  )
})

test('a persistent subscription that was deleted is gone, and one list that fails empties it with the reason', async () => {
  const { board, rows } = makeBoard()
  board.takeGroups([group, { ...group, group: 'printer' }])
  board.takeGroups([group])
  expect(await rows('StoreGroupStatus')).toMatchObject([{ id: 'orders-1::mailer', parkedCount: 2, lagEvents: null }])
  board.loseGroups('This server does not list them.')
  expect(await rows('StoreGroupStatus')).toEqual([])
  expect(await rows('EventStoreStatus')).toMatchObject([{ groupsWords: 'This server does not list them.' }])
})
