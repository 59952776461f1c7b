import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createPeek } from './create-peek.ts'
import { createFakeBrowser } from './testing/fake-browser.ts'
import { createFakeService } from './testing/fake-service.ts'
import { settle } from './testing/settle.ts'

test('the connection tells a person where it stands, and since when', async () => {
  const { service, clock, peek } = setUp()
  expect(peek.connection.state()).toBe('connecting')
  await settle()
  expect(peek.connection.state()).toBe('online')
  expect(peek.connection.principal()?.user).toBe('guest')
  service.isUp = false
  service.drop()
  const lostAt = clock.now()
  expect(peek.connection.words()).toContain('was lost')
  for (let attempt = 0; attempt < 5; attempt++) {
    clock.advance(3_000)
    expect(peek.connection.state()).toBe('offline')
    await settle()
  }
  expect(peek.connection.since()).toBe(lostAt)
  service.isUp = true
  peek.connection.retryNow()
  await settle()
  expect(peek.connection.state()).toBe('online')
  peek.close()
})

test('a connection whose server loses logic is as it is since that moment', async () => {
  const { service, clock, peek } = setUp()
  await settle()
  for (const online of [false, true]) {
    clock.advance(5_000)
    service.say({ k: 'upstream', online, words: '' })
    expect(peek.connection.since()).toBe(clock.now())
    clock.advance(1_000)
    service.say({ k: 'upstream', online, words: 'The same in other words.' })
    expect(peek.connection.since()).toBe(clock.now() - 1_000)
  }
  peek.close()
})

test('a person who comes back to the page does not wait for the back-off', async () => {
  const { service, tab, peek } = setUp()
  await settle()
  service.drop()
  tab.returnToPage()
  await settle()
  expect(peek.connection.state()).toBe('online')
  peek.close()
})

test('a refusal says why', async () => {
  const { service, peek } = setUp()
  await settle()
  service.say({ k: 'bye', error: { kind: 'forbidden', words: 'Signed out.' } })
  expect(peek.connection.state()).toBe('refused')
  expect(peek.connection.words()).toBe('Signed out.')
  peek.close()
})

test('without locks each tab has a connection of its own', async () => {
  const service = createFakeService()
  const browser = createFakeBrowser(service, createFakeClock())
  const open = () => createPeek({ app: 'field', surroundings: { ...browser.openTab(), tabs: undefined } })
  const peeks = [open(), open()]
  await settle()
  expect(service.connectionCount).toBe(2)
  for (const peek of peeks) peek.close()
  expect(service.connectionCount).toBe(0)
})

test('tabs of one person share a connection, tabs of two do not', async () => {
  const service = createFakeService()
  const browser = createFakeBrowser(service, createFakeClock())
  const open = (user: string) => createPeek({ app: 'admin', user, surroundings: browser.openTab() })
  const peeks = [open('ada'), open('ada')]
  await settle()
  expect(service.connectionCount).toBe(1)
  peeks.push(open('bob'))
  await settle()
  expect(service.connectionCount).toBe(2)
  for (const peek of peeks) peek.close()
})

test('the greeting says of which build the page is', async () => {
  const service = createFakeService()
  const browser = createFakeBrowser(service, createFakeClock())
  const peek = createPeek({ app: 'field', build: '1.2.3', surroundings: browser.openTab() })
  await settle()
  expect(service.hellos.at(-1)).toMatchObject({ name: 'field', build: '1.2.3' })
  peek.close()
})

function setUp() {
  const clock = createFakeClock(1_000_000)
  const service = createFakeService()
  const tab = createFakeBrowser(service, clock).openTab()
  return { clock, service, tab, peek: createPeek({ app: 'field', surroundings: tab }) }
}
