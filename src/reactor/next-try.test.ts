import { expect, test } from 'bun:test'
import { logStart } from '#kernel/position.ts'
import { retryDefaults } from './define-reactor.ts'
import { nextTry } from './next-try.ts'
import type { NotedEvent } from './reactor-journal.ts'

const untried: NotedEvent = {
  eventId: 'e',
  stream: 'test.Counter-a',
  revision: 0,
  position: logStart,
  type: 'test.Added',
  state: 'waiting',
  tries: 0,
  words: '',
  firstTriedAt: null,
  lastTriedAt: null,
  nextTryAt: null,
}

test.each([0, 1])('unless told otherwise tries span more than an hour and less than three, random %p', (share) => {
  const failure = { words: 'down', isFinal: false }
  let now = 0
  let note = nextTry(retryDefaults, untried, failure, { now, random: () => share })
  while (note.nextTryAt !== null) {
    now = note.nextTryAt
    note = nextTry(retryDefaults, note, failure, { now, random: () => share })
  }
  expect(note.state).toBe('dead')
  expect(now).toBeGreaterThan(3_600_000)
  expect(now).toBeLessThan(3 * 3_600_000)
})

test('words are kept as far as somebody reads them, and as Postgres takes them', () => {
  const failure = { words: `a\u0000${'page '.repeat(100_000)}`, isFinal: false }
  const { words } = nextTry(retryDefaults, untried, failure, { now: 0, random: () => 0 })
  expect(words).toHaveLength(2_000)
  expect(words).toStartWith('apage ')
})
