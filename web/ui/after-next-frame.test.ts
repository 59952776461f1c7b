import { afterEach, beforeEach, expect, test } from 'bun:test'
import { afterNextFrame } from './after-next-frame.ts'

const real = { requestAnimationFrame, cancelAnimationFrame }
const frames = new Map<number, FrameRequestCallback>()

/** What a browser does before it draws. */
function beginFrame(): void {
  const wanted = [...frames.values()]
  frames.clear()
  for (const run of wanted) run(0)
}
/** Whoever asked before has had a turn too. */
async function othersHadTheirTurn(): Promise<void> {
  let isMine = false
  afterNextFrame(() => {
    isMine = true
  })
  beginFrame()
  while (!isMine) await Bun.sleep(1)
}

beforeEach(() => {
  Object.assign(globalThis, {
    requestAnimationFrame: (run: FrameRequestCallback) => frames.set(frames.size + 1, run).size,
    cancelAnimationFrame: (id: number) => frames.delete(id),
  })
})
afterEach(() => {
  Object.assign(globalThis, real)
  Object.defineProperty(document, 'hidden', { value: false, configurable: true })
  frames.clear()
})

test('work waits for a frame, and is done once that is drawn', async () => {
  let count = 0
  afterNextFrame(() => count++)
  beginFrame()
  // The browser draws when all this has returned.
  expect(count).toBe(0)
  while (count === 0) await Bun.sleep(1)
  expect(frames.size).toBe(0)
})

test('a page that nobody sees waits for no frame', async () => {
  Object.defineProperty(document, 'hidden', { value: true, configurable: true })
  let count = 0
  afterNextFrame(() => count++)
  expect(frames.size).toBe(0)
  while (count === 0) await Bun.sleep(1)
})

test('work that is not wanted any more is not done, before a frame and after it', async () => {
  let count = 0
  const before = afterNextFrame(() => count++)
  before()
  expect(frames.size).toBe(0)
  const after = afterNextFrame(() => count++)
  beginFrame()
  after()
  await othersHadTheirTurn()
  expect(count).toBe(0)
})
