/** A reactor on the whole platform while logic is killed again and again: each event has its effect, and has it once. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { connectDevice, type Device } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { testSeed } from '#testing/test-seed.ts'

const startTimeoutMs = 120_000
const killCount = 4
const changesPerKill = 6

let platform: Platform
let device: Device

beforeAll(async () => {
  platform = await startPlatform({ environment: await freePorts() })
  device = connectDevice(platform.url('office'), 'office')
}, startTimeoutMs)
afterAll(async () => {
  device?.close()
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

test('P1 E2 an effect is had at least once, and takes effect once, over kills of logic at random moments', async () => {
  const seed = testSeed()
  const random = createSeededRandom(seed)
  const ids = Array.from({ length: 3 }, () => newUuid())
  for (const stringIntId of ids) await device.push('tutorial.AddStringInt', { stringIntId, string1: 'Mast', int1: 0 })
  const screen = device.watch('tutorial.StringInt', {})
  const large = () => [...screen.rows().values()].filter(({ string1 }) => String(string1).startsWith('Large change by'))
  // A reactor that has never run begins with what is recorded after its start, which may be a moment after logic is ready.
  await eventually('the reactor has begun', async () => {
    await device.push('tutorial.AddIntValue', { stringIntId: ids[0] ?? '', offset: -1_000 })
    return large().length > 0
  })
  const offsets: number[] = []
  for (let kill = 0; kill <= killCount; kill++) {
    const pushes = Array.from({ length: changesPerKill }, (_, index) => {
      const offset = 1_000 + offsets.length
      offsets.push(offset)
      return device.push('tutorial.AddIntValue', { stringIntId: ids[index % ids.length] ?? '', offset })
    })
    if (kill < killCount) {
      await Promise.all(pushes.slice(0, Math.floor(random() * changesPerKill)))
      const back = platform.next('ready', 'logic')
      process.kill(platform.part('logic').pid ?? 0, 'SIGKILL')
      await back
    }
    for (const answer of await Promise.all(pushes)) expect([seed, answer.outcome]).toEqual([seed, 'accepted'])
  }
  const noted: number[] = []
  await screen.until(() => {
    const found = large().map(({ int1 }) => Number(int1))
    noted.splice(0, noted.length, ...found.filter((int1) => int1 > 0))
    return noted.length >= offsets.length
  })
  screen.stop()
  expect([seed, ...noted.toSorted()]).toEqual([seed, ...offsets])
}, 120_000)
