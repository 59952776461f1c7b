import { newUuid } from '#kernel/ids.ts'
import { pickOne, type Random } from '#kernel/random.ts'
import type { Device } from '#support/device.ts'
import type { Answer } from '#vortex/protocol/answer.ts'

/** One tap of one person, in the order they made them. */
export type Tap = { readonly id: string; readonly row: string; answer: Answer | undefined }

export interface Tapper {
  readonly device: Device
  readonly taps: readonly Tap[]
  /** Makes no more taps; resolves when the last one is answered. */
  stop(): Promise<void>
}

const burstCountMax = 3

/** A person who taps rows as fast as the platform answers, now and then some taps on one row before the first answer. */
export function startTapping({
  device,
  rows,
  random,
  pauseMsMax = 10,
}: {
  device: Device
  rows: readonly string[]
  random: Random
  /** How long they rest between two rounds, at most. */
  pauseMsMax?: number
}): Tapper {
  const taps: Tap[] = []
  let isStopping = false

  const tap = async (row: string, prev: string | undefined): Promise<Tap> => {
    const made: Tap = { id: newUuid(), row, answer: undefined }
    taps.push(made)
    const order = prev === undefined ? {} : { prev }
    made.answer = await device.push('tutorial.AddIntValue', { stringIntId: row, offset: 1 }, { id: made.id, ...order })
    return made
  }
  const run = async (): Promise<void> => {
    while (!isStopping) {
      const row = pickOne(random, rows)
      const burst: Promise<Tap>[] = []
      let prev: string | undefined
      for (let count = 1 + Math.floor(random() * burstCountMax); count > 0; count--) {
        burst.push(tap(row, prev))
        prev = taps.at(-1)?.id
      }
      await Promise.all(burst)
      await Bun.sleep(random() * pauseMsMax)
    }
  }
  const finished = run()

  return {
    device,
    taps,
    stop: async () => {
      isStopping = true
      await finished
    },
  }
}

/** A new row with the number 0; its id. */
export async function addStringInt(device: Device, string1 = 'row'): Promise<string> {
  const stringIntId = newUuid()
  const answer = await device.push('tutorial.AddStringInt', { stringIntId, string1, int1: 0 })
  if (answer.outcome !== 'accepted') throw new Error(`a row could not be added: ${JSON.stringify(answer)}`)
  return stringIntId
}
