/**
 * Sends frames that no app would send to a running platform, through the field service: each gets an error or is
 * harmless, connections that behave go on, and the platform works afterwards.
 */

import { newUuid } from '#kernel/ids.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { connectDevice } from '#support/device.ts'
import { startPlatform } from '#support/platform.ts'
import { badFrame } from './bad-frames.ts'
import { within } from './kills.ts'
import { addStringInt } from './tapping.ts'

const framesPerSocket = 80
const deadlineMs = 30_000
const errorShareMin = 0.4

export async function runFuzz(options: { runs: number; seed: number }): Promise<void> {
  const random = createSeededRandom(options.seed)
  await using platform = await startPlatform({ environment: { PEEK_LOG_LEVEL: 'error' } })
  const url = platform.url('field')
  const neighbour = connectDevice(url)
  const row = await addStringInt(neighbour)
  const page = neighbour.watch('tutorial.StringInt')
  let taps = 0
  let errors = 0
  for (let sent = 0; sent < options.runs; sent += framesPerSocket) {
    errors += await abuse(url, Math.min(framesPerSocket, options.runs - sent), random)
    const answer = await within(
      deadlineMs,
      neighbour.push('tutorial.AddIntValue', { stringIntId: row, offset: 1 }),
      'a good tap is answered',
    )
    if (answer.outcome !== 'accepted') throw new Error(`A good tap beside bad frames got ${JSON.stringify(answer)}`)
    taps++
  }
  await within(
    deadlineMs,
    page.until((rows) => rows.get(row)?.int1 === taps),
    'the neighbour sees every tap',
  )
  // The rest are harmless as they stand, or came after their connection was closed for the many before them.
  if (errors < options.runs * errorShareMin)
    throw new Error(`Of ${options.runs} bad frames only ${errors} were answered with an error`)
  neighbour.close()
  console.log(JSON.stringify({ fault: 'fuzz', frames: options.runs, seed: options.seed, errors, goodTaps: taps }))
}

/** One connection that misbehaves; resolves with the number of errors it was told, when the last frame was dealt with. */
async function abuse(url: string, count: number, random: Random): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/vortex`)
  let errors = 0
  const closed = new Promise<void>((resolve) => {
    socket.onclose = () => resolve()
  })
  const answered = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      const text = String(data)
      if (/^\{"k":"(trouble|bye)"|"outcome":"(rejected|failed)"/.test(text)) errors++
      if (text.includes(`"req":${lastRequest}`)) resolve()
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('the platform takes no connections any more'))
  })
  if (random() < 0.9)
    socket.send(
      JSON.stringify({
        k: 'hello',
        versions: [1],
        role: 'device',
        name: 'field',
        device: newUuid(),
        instance: newUuid(),
        build: 'fuzz',
      }),
    )
  for (let index = 0; index < count && socket.readyState === WebSocket.OPEN; index++) socket.send(badFrame(random))
  if (socket.readyState === WebSocket.OPEN)
    socket.send(
      JSON.stringify({ k: 'ask', req: lastRequest, name: pickOne(random, ['peek.nothing', 'x']), deadlineMs: 1_000 }),
    )
  await within(deadlineMs, Promise.race([answered, closed]), 'a misbehaving connection is answered or closed')
  socket.close()
  await closed
  return errors
}
const lastRequest = 999_999
