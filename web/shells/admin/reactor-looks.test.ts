import { expect, test } from 'bun:test'
import { lagWords, type ReactorRow, reactorConcerns, waitingWords } from './reactor-looks.ts'

const reactor: ReactorRow = {
  id: 'shop.mailer',
  plugin: 'shop',
  name: 'mailer',
  version: 1,
  state: 'live',
  position: '1',
  head: '1',
  lagEvents: 0,
  lagSeconds: 0,
  ratePerSecond: 0,
  doneCount: 7,
  runningCount: 0,
  waitingCount: 0,
  waitingStreams: 0,
  deadCount: 0,
  lastError: null,
  lastErrorStream: null,
  lastDoneAt: null,
}

test('a reactor that is live and owes nothing needs nobody', () => {
  expect(reactorConcerns(reactor)).toEqual([])
  expect([lagWords(reactor), waitingWords(reactor)]).toEqual(['nothing', undefined])
})

test('dead letters, and one that reads nothing further, need somebody', () => {
  const found = reactorConcerns({ ...reactor, state: 'held', lastError: '10000 entities wait', deadCount: 2 })
  expect(found.map(({ look, words, href }) => [look.title, words, href])).toEqual([
    ['Held', '10000 entities wait', '/reactors?dead=shop.mailer'],
    ['Dead letters', '2 events had no effects: somebody has to decide.', '/reactors?dead=shop.mailer'],
  ])
})

test('what waits says of how many entities it is', () => {
  expect(waitingWords({ ...reactor, waitingCount: 3, waitingStreams: 1 })).toBe('of 1 entity')
  expect(lagWords({ ...reactor, lagEvents: null, state: 'catching-up' })).toBe('over 1,000 events')
})
