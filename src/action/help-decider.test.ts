import { test } from 'bun:test'
import { given } from '#testing/given.ts'
import { action, happened } from '#testing/happened.ts'
import { openHelpMax } from '#vortex/protocol/help-request.ts'
import { answerHelp, askForHelp } from './help-actions.ts'
import { helpDecider } from './help-decider.ts'

const idOf = (place: number): string => `00000000-0000-4000-8000-${String(place).padStart(12, '0')}`
const device = idOf(1)
const by = { user: 'guest', device, service: 'field', roles: [] }
const admin = { user: 'root', device: idOf(9), service: 'logic', roles: ['admin'] }
const record = {
  ...{ id: idOf(70), seq: 3, name: 'p.Do', version: 1, title: 'Do it', fields: '{}', state: 'refused' },
  ...{ reason: 'not today', at: 5, attempts: 1, build: '1.0.0' },
}
const asking = (place: number) => ({ id: idOf(place), device, words: 'what now?', records: [record] })
const asked = (place: number) => happened(askForHelp, asking(place))

test('a device asks about what was done on it, and hears once that it was asked already', () => {
  given(helpDecider)
    .when(action(askForHelp, asking(2)), { by })
    .thenAppended()
  given(helpDecider, [asked(2)])
    .when(action(askForHelp, asking(2)), { by })
    .thenRejected('asked-already')
  given(helpDecider)
    .when(action(askForHelp, { ...asking(2), words: ' ', records: [] }), { by })
    .thenRejected('nothing-asked')
})

test('S4 a device asks for no other one, and only administrators answer', () => {
  const other = { ...by, device: idOf(3) }
  given(helpDecider)
    .when(action(askForHelp, asking(2)), { by: other })
    .thenRejected('forbidden')
  const answer = action(answerHelp, { id: idOf(2), device, words: 'try again' })
  given(helpDecider, [asked(2)])
    .when(answer, { by })
    .thenRejected('forbidden')
  given(helpDecider, [asked(2)])
    .when(answer, { by: admin })
    .thenAppended()
})

test('a request is answered once, and only one that was made', () => {
  const answer = { id: idOf(2), device, words: 'try again' }
  given(helpDecider).when(action(answerHelp, answer), { by: admin }).thenRejected('not-open')
  given(helpDecider, [asked(2), happened(answerHelp, answer)])
    .when(action(answerHelp, answer), { by: admin })
    .thenRejected('not-open')
})

test('S3 of one device so many requests are open as people can answer; an answer makes room', () => {
  const many = Array.from({ length: openHelpMax }, (_, place) => asked(100 + place))
  given(helpDecider, many)
    .when(action(askForHelp, asking(2)), { by })
    .thenRejected('too-many-open')
  const answered = happened(answerHelp, { id: idOf(100), device, words: 'done' })
  given(helpDecider, [...many, answered])
    .when(action(askForHelp, asking(2)), { by })
    .thenAppended()
})

test('S3 a request that is too large is refused in words', () => {
  const records = Array.from({ length: 21 }, () => record)
  given(helpDecider)
    .when(action(askForHelp, { ...asking(2), records }), { by })
    .thenRejected('bad-input')
})
