import { afterAll, describe, expect, test } from 'bun:test'
import { createOverlayWorld } from '../testing/overlay-world.ts'
import { settle } from '../testing/settle.ts'

/** Random lives of a few tasks on a device, on a service, and between them, against what a person should see of them. */

const seeds =
  process.env.OVERLAY_SEED === undefined
    ? // The last: a row came into a selector after the action that it shows was accepted.
      [...Array.from({ length: 25 }, (_, seed) => seed), 245]
    : [Number(process.env.OVERLAY_SEED)]
const stepCount = 250
let shownCount = 0
let heldCount = 0
afterAll(() => expect([shownCount > 0, heldCount > 0]).toEqual([true, true]))

describe('what is shown is what the server says, and on it, in order, what waits on the device', () => {
  test.each(seeds)('whatever comes in whatever order (seed %i)', async (seed) => {
    const world = createOverlayWorld({ seed })
    for (let step = 0; step < stepCount; step++) {
      const name = world.step()
      await settle()
      for (const view of world.views()) {
        const [shown, wanted] = [view.shown(), view.wanted()]
        const heldBack = view.heldBack()
        if (isSame(shown, wanted)) shownCount += 1
        else if (heldBack.some((rows) => isSame(rows, shown))) heldCount += 1
        else expect([seed, step, name, view.name, shown]).toEqual([seed, step, name, view.name, wanted])
      }
    }
    await world.calm()
    for (const view of world.views()) expect([seed, view.name, view.shown()]).toEqual([seed, view.name, view.truth()])
    world.stop()
  })
})

describe('no value goes away and comes back', () => {
  test.each(seeds)('a count that only this device adds to is always what was added (seed %i)', async (seed) => {
    const world = createOverlayWorld({ seed, onlyAdding: true })
    let added = 0
    for (let step = 0; step < stepCount; step++) {
      const name = world.step()
      added = world.addedCount()
      await settle()
      for (const view of world.views())
        if (view.hasShown())
          expect([seed, step, name, view.name, view.total()]).toEqual([seed, step, name, view.name, added])
    }
    world.stop()
  })
})

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
