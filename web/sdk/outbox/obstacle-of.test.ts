import { expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import type { OutboxRecord } from '../device-store/outbox-record.ts'
import { createObstacleFinder, waitsForOf } from './obstacle-of.ts'
import { createOutboxMirror } from './outbox-mirror.ts'

const toRecord = (seq: number, dependsOn: readonly string[]): OutboxRecord => ({
  ...{ id: `a${seq}`, seq, name: 'test.DoIt', version: 1, body: '{}', lane: 'x', entityId: 'x', title: `Do ${seq}` },
  ...{ dependsOn, at: 1, user: 'ada', build: '1', state: 'waiting', attempts: 0 },
})

const seed = testSeed()
test(`what is remembered of who is held up is what looking anew finds, whatever changes meanwhile (seed ${seed})`, () => {
  const random = createSeededRandom(seed)
  for (let round = 0; round < 40; round++) {
    const mirror = createOutboxMirror()
    const remembering = createObstacleFinder(mirror)
    const ids: string[] = []
    for (let step = 0; step < 60; step++) {
      const dice = random()
      const known = ids.length > 0 ? mirror.get(pickOne(random, ids)) : undefined
      if (known === undefined || dice < 0.5) {
        const dependsOn = ids.filter(() => random() < 0.15).slice(-3)
        const record = toRecord(ids.length + 1, dependsOn)
        mirror.take(record)
        ids.push(record.id)
      } else if (dice < 0.9) {
        mirror.take({ ...known, state: pickOne(random, ['sent', 'accepted', 'refused', 'stuck', 'discarded']) })
      } else {
        const replacement = { ...toRecord(ids.length + 1, known.dependsOn), replaces: known.id }
        mirror.take({ ...known, state: 'discarded', replacedBy: replacement.id })
        mirror.take(replacement)
        ids.push(replacement.id)
      }
      for (let question = 0; question < 3; question++) {
        const asked = mirror.get(pickOne(random, ids))
        if (!asked) continue
        const anew = createObstacleFinder(mirror)(asked)
        expect(remembering(asked)).toEqual(anew)
        expect(waitsForOf(asked, mirror)?.isHeldUp).toBe(anew && anew.is === 'parked')
      }
    }
  }
})

test('of a long chain each asks for the one before it only', () => {
  const mirror = createOutboxMirror()
  const chain = Array.from({ length: 1_000 }, (_, index) => toRecord(index + 2, [`a${index + 1}`]))
  mirror.take({ ...toRecord(1, []), state: 'refused' })
  for (const record of chain) mirror.take(record)
  let questionCount = 0
  const latest = (id: string) => {
    questionCount++
    return mirror.latest(id)
  }
  const obstacleOf = createObstacleFinder({ latest, changeCount: mirror.changeCount })
  expect(chain.every((record) => obstacleOf(record)?.is === 'parked')).toBe(true)
  expect(questionCount).toBeLessThan(3 * chain.length)
})
