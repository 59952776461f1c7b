import { expect, test } from 'bun:test'
import { testSeed } from '#testing/test-seed.ts'
import { findFaults, runSchedule } from './testing/outbox-schedule.ts'

const scheduleCount = 25
const first = testSeed()

test(`E2 E3 E4 whatever is killed, cut, lost or decided meanwhile, nothing is lost, doubled, out of order or stuck, and no page says it is sent when it is not (seeds from ${first})`, async () => {
  for (let seed = first; seed < first + scheduleCount; seed++)
    expect({ seed, faults: findFaults(await runSchedule(seed)) }).toEqual({ seed, faults: [] })
})
