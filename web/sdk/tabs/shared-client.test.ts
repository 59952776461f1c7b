import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { Observer, VortexClient } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { createFakeBrowser } from '../testing/fake-browser.ts'
import { createFakeService } from '../testing/fake-service.ts'
import { settle } from '../testing/settle.ts'
import { type RelayMessage, relayVersion } from './relay-messages.ts'
import { makeSharedClient } from './shared-client.ts'

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
const action = { id, name: 'tutorial.AddInt', version: 1, at: 1 }
const accepted: Answer = { outcome: 'accepted', position: 'p' }

describe('V1 tabs of one browser', () => {
  test('share one websocket', async () => {
    const { service, openTab } = setUp()
    const tabs = [openTab(), openTab(), openTab()]
    await settle()
    expect(service.connectionCount).toBe(1)
    expect(tabs.map(({ client }) => client.state().state)).toEqual(['online', 'online', 'online'])
  })

  test('each push actions and ask, and get their own answers', async () => {
    const { service, openTab } = setUp()
    const [first, second] = [openTab(), openTab()]
    await settle()
    const own = first.client.act({ ...action, id: id.replace('6', '7') }, '1')
    const relayed = second.client.act(action, '2')
    const reply = second.client.ask('tutorial.echo', '"hello"', 1_000)
    await settle()
    expect(service.acts.map(({ body }) => body)).toEqual(['1', '2'])
    service.answer(id, accepted)
    service.answer(id.replace('6', '7'), { ...accepted, position: 'q' })
    expect(await relayed).toEqual(accepted)
    expect(await own).toEqual({ ...accepted, position: 'q' })
    expect(await reply).toBe('"hello"')
  })

  test('all hear rows and patches', async () => {
    const { service, openTab } = setUp()
    const heard = [observe(openTab().client), observe(openTab().client)]
    await settle()
    service.patch({ set: [{ id: 'a', word: 'a' }] })
    await settle()
    expect(heard).toEqual([
      ['rows', 'patch 1'],
      ['rows', 'patch 1'],
    ])
  })

  test('V8 a frame with many patches reaches another tab as one', async () => {
    const { service, openTab } = setUp()
    openTab()
    await settle()
    const depths: number[] = []
    const second = openTab()
    const observer: Observer = { ...quiet, patch: () => depths.push(second.batches.depth) }
    second.client.observe('tutorial.A', {}, observer)
    second.client.observe('tutorial.B', {}, observer)
    await settle()
    const before = second.batches.count
    service.patch({ set: [] })
    await settle()
    expect(depths).toEqual([1, 1])
    expect(second.batches.count - before).toBe(1)
  })

  test.each(['close', 'crash'] as const)('go on when the leader goes away (%s)', async (way) => {
    const { service, openTab } = setUp()
    const [leader, second, third] = [openTab(), openTab(), openTab()]
    const heard = observe(third.client)
    await settle()
    const answer = third.client.act(action, '1')
    const unsent = second.client.observe('tutorial.Other', {}, quiet)
    await settle()
    unsent()
    if (way === 'close') leader.client.close()
    else leader.crash()
    await settle()
    expect(service.connectionCount).toBe(1)
    expect([second.client.state().state, third.client.state().state]).toEqual(['online', 'online'])
    expect(service.acts.map((act) => act.id)).toEqual([id, id])
    expect(heard).toEqual(['rows', 'rows'])
    service.answer(id, accepted)
    expect(await answer).toEqual(accepted)
  })

  test('replace a leader that does not answer, and it follows when it wakes', async () => {
    const { service, clock, openTab } = setUp()
    const [leader, second] = [openTab(), openTab()]
    await settle()
    const answer = second.client.act(action, '1')
    await settle()
    leader.freeze()
    for (let ping = 0; ping < 5; ping++) {
      clock.advance(10_000)
      await settle()
    }
    expect(second.client.state().state).toBe('online')
    service.answer(id, accepted)
    expect(await answer).toEqual(accepted)
    leader.thaw()
    clock.advance(10_000)
    await settle()
    expect(leader.client.state().state).toBe('online')
    expect(service.connectionCount).toBe(1)
  })

  test('a tab that slept through a change of leaders is not taken for one that heard all', async () => {
    const { service, clock, openTab } = setUp()
    const [leader, , third] = [openTab(), openTab(), openTab()]
    await settle()
    const states: string[] = []
    third.client.onState(({ state }) => states.push(state))
    third.freeze()
    leader.client.close()
    await settle()
    third.thaw()
    clock.advance(10_000)
    await settle()
    expect(service.connectionCount).toBe(1)
    expect([states[0], states.at(-1)]).toEqual(['connecting', 'online'])
  })

  test('a forgotten tab joins again by itself', async () => {
    const { service, clock, openTab } = setUp()
    openTab()
    await settle()
    const second = openTab()
    const heard = observe(second.client)
    await settle()
    for (let others = 0; others < 50; others++) openTab()
    await settle()
    clock.advance(10_000)
    await settle()
    service.patch({ set: [] })
    await settle()
    expect(heard.at(-1)).toBe('patch 1')
  })

  test('lose nothing by a word of a leader that is none any more', async () => {
    const { service, openTab, say } = setUp()
    openTab()
    const heard = observe(openTab().client)
    await settle()
    const state = {
      t: 'state',
      state: { state: 'connecting', since: 1, attempt: 1 },
      upstream: { online: true, words: '' },
    } as const
    say({ from: 'leader', leader: 'gone.1', news: [state] })
    await settle()
    service.patch({ set: [] })
    await settle()
    expect(heard).toEqual(['rows', 'patch 1'])
  })

  test('E2 take no answer to what they asked in an earlier seat for one to what they ask now', async () => {
    const { service, clock, openTab } = setUp()
    openTab()
    await settle()
    const { client } = openTab()
    const end = client.observe('tutorial.Other', {}, quiet)
    const answers: string[] = []
    const [one, two] = [id, id.replace('6', '7')]
    for (const name of [one, two])
      void client.act({ ...action, id: name }, '1').then(({ outcome }) => answers.push(`${name} ${outcome}`))
    await settle()
    // Its numbers are other ones from now on.
    end()
    for (let others = 0; others < 50; others++) openTab()
    await settle()
    clock.advance(10_000)
    await settle()
    service.answer(one, accepted)
    await settle()
    expect(answers).toEqual([`${one} accepted`])
    service.answer(two, accepted)
    await settle()
    expect(answers).toEqual([`${one} accepted`, `${two} accepted`])
  })

  test('settle what waits when they are closed', async () => {
    const { service, openTab } = setUp()
    service.isUp = false
    const tab = openTab()
    await settle()
    const answer = tab.client.act(action, '1')
    tab.client.close()
    expect(await answer).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
    expect(await tab.client.act(action, '1')).toMatchObject({ outcome: 'failed' })
    expect(tab.client.state().state).toBe('closed')
  })
})

const quiet: Observer = {
  rows: () => undefined,
  patch: () => undefined,
  resumed: () => undefined,
  trouble: () => undefined,
}

function observe(client: VortexClient): string[] {
  const heard: string[] = []
  client.observe(
    'tutorial.StringInt',
    {},
    {
      ...quiet,
      rows: () => heard.push('rows'),
      patch: ({ token }) => heard.push(`patch ${token}`),
    },
  )
  return heard
}

function setUp() {
  const clock = createFakeClock(1_000_000)
  const service = createFakeService()
  const browser = createFakeBrowser(service, clock)
  const openTab = () => {
    const around = browser.openTab()
    if (!around.tabs) throw new Error('a fake tab has locks')
    const batches = { depth: 0, count: 0 }
    const tab = around.makeUuid()
    const client = makeSharedClient({
      name: 'test',
      tab,
      clock,
      ...around.tabs,
      batch: (work) => {
        batches.count += 1
        batches.depth += 1
        work()
        batches.depth -= 1
      },
      makeDirectClient: (batch) =>
        makeVortexClient({
          url: 'ws://fake',
          hello: { role: 'device', name: 'field', device: tab, instance: tab, build: '' },
          clock,
          random: around.random,
          openSocket: around.openSocket,
          batch,
        }),
    })
    const { crash, freeze, thaw } = around
    return { client, batches, crash, freeze, thaw }
  }
  const say = (message: RelayMessage): void => {
    const channel = browser.openTab().tabs?.openChannel(`test.${relayVersion}`, () => undefined)
    channel?.post(message)
  }
  return { service, clock, openTab, say }
}
