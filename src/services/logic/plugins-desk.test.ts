import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createPluginsDesk } from './plugins-desk.ts'

function makeDesk() {
  const clock = createFakeClock()
  let enabled = ['tutorial']
  const desk = createPluginsDesk({ instance: 'l1', facts: () => ({ enabled, settings: {}, restarts: {} }), clock })
  const enable = (names: string[]): void => {
    enabled = names
    desk.changed()
  }
  desk.open()
  return { clock, desk, enable }
}
const told = { enabled: ['tutorial'], settings: {}, restarts: {}, mark: 'l1/0' }

test('whoever knows nothing, or what another logic said, is answered at once', async () => {
  const { desk } = makeDesk()
  expect(JSON.parse(await desk.answer('{}'))).toEqual(told)
  expect(JSON.parse(await desk.answer('{"seen":"l0/0"}'))).toEqual(told)
})

test('whoever knows the state is answered when it changes', async () => {
  const { desk, enable } = makeDesk()
  const asked = desk.answer('{"seen":"l1/0"}')
  enable(['tutorial', 'inbox'])
  expect(JSON.parse(await asked)).toEqual({ enabled: ['tutorial', 'inbox'], settings: {}, restarts: {}, mark: 'l1/1' })
})

test('nobody waits for ever: after a while the same is said again', async () => {
  const { clock, desk } = makeDesk()
  const asked = desk.answer('{"seen":"l1/0"}')
  clock.advance(20_000)
  expect(JSON.parse(await asked)).toEqual(told)
})

test('S2 a stop lets everybody go who waits', async () => {
  const { desk } = makeDesk()
  const asked = desk.answer('{"seen":"l1/0"}')
  desk.stop()
  expect(await asked.catch((error: unknown) => String(error))).toContain('Logic is stopping')
})

test('S3 what is no question is refused', async () => {
  const { desk } = makeDesk()
  expect(await desk.answer('{"seen":5}').catch((error: unknown) => String(error))).toContain('wanted { seen?: text }')
})

test('nobody is answered before the tables of the plugins are there', async () => {
  const clock = createFakeClock()
  const desk = createPluginsDesk({
    instance: 'l1',
    facts: () => ({ enabled: ['tutorial'], settings: {}, restarts: {} }),
    clock,
  })
  const tooEarly = desk.answer('{}').catch((error: unknown) => String(error))
  clock.advance(20_000)
  expect(await tooEarly).toContain('not brought its database up to date')
  const asked = desk.answer('{}')
  desk.open()
  expect(JSON.parse(await asked)).toEqual(told)
})
