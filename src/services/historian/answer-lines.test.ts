import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import { answerLines } from './answer-lines.ts'
import type { HistorianLine } from './historian-line.ts'

const unasked = () => Promise.reject(new Error('nobody asks this here'))
const questions: PastQuestions = {
  screen: unasked,
  changes: unasked,
  explain: unasked,
  startReplay: unasked,
  replays: async () => [],
  replay: async (id) => {
    throw new PlatformError('not-found', `There is no replay ${id}.`)
  },
  cancelReplay: unasked,
  dropReplay: unasked,
  replayRows: unasked,
  compareReplay: unasked,
}

test('each question is answered or refused under its number; what nobody understands is left alone', async () => {
  const said: HistorianLine[] = []
  const lines = answerLines({
    questions,
    isBusy: () => false,
    say: (line) => said.push(line),
    clock: createFakeClock(),
  })
  lines.hear({ kind: 'ask', id: 1, question: 'replays', args: [] })
  lines.hear({ kind: 'ask', id: 2, question: 'replay', args: ['x'] })
  lines.hear({ kind: 'ask', id: 3, question: 'constructor', args: [] })
  lines.hear('nonsense')
  lines.hear({ kind: 'stop' })
  await lines.over
  expect(said).toEqual([
    { kind: 'answer', id: 1, value: [] },
    { kind: 'refusal', id: 2, errorKind: 'not-found', words: 'There is no replay x.' },
  ])
})

test('it is over when nobody has asked for long and nothing is under way', async () => {
  const clock = createFakeClock()
  let isBusy = true
  let isOver = false
  const lines = answerLines({ questions, isBusy: () => isBusy, say: () => undefined, clock })
  void lines.over.then(() => {
    isOver = true
  })
  clock.advance(15 * 60_000)
  await Promise.resolve()
  expect(isOver).toBe(false)
  isBusy = false
  clock.advance(15 * 60_000)
  await lines.over
  expect(isOver).toBe(true)
})
