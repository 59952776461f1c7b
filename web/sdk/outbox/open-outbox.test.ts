import { afterEach, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { ActionLike } from '../action-ledger.ts'
import { createPeek } from '../create-peek.ts'
import type { Peek } from '../peek.ts'
import { createFakeBrowser } from '../testing/fake-browser.ts'
import { createFakeService } from '../testing/fake-service.ts'
import { settle } from '../testing/settle.ts'

const Shout: ActionLike<{ readonly wordId: string }> = {
  name: 'tutorial.Shout',
  version: 1,
  entity: ({ wordId }) => ['Word', wordId],
  title: () => 'Shout',
}
const accepted: Answer = { outcome: 'accepted', position: 'p' }
const open: Peek[] = []
afterEach(() => {
  for (const peek of open.splice(0)) peek.close()
})

test('E4 what was pushed without a connection is there after a reload, and is sent by the next page', async () => {
  const { service, browser } = setUp()
  service.isUp = false
  const first = openPage(browser)
  await first.peek.actions.push(Shout, { wordId: 'w' }).kept
  first.tab.crash()
  service.isUp = true
  const { peek } = openPage(browser)
  await settle()
  await settle()
  expect(peek.actions.pending('tutorial.Shout')).toMatchObject([{ entityId: 'w', title: 'Shout' }])
  expect(service.acts).toMatchObject([{ name: 'tutorial.Shout', seq: 1 }])
  service.answer(service.acts[0]?.id ?? '', accepted)
  await settle()
  expect(peek.actions.pending('tutorial.Shout')).toEqual([])
  expect(peek.outbox.status()).toMatchObject({ isSynced: true, unsent: 0 })
})

test('when the tab that sends is gone another one sends what was under way, under the same id and once', async () => {
  const { service, browser } = setUp()
  const leader = openPage(browser)
  await settle()
  const follower = openPage(browser)
  await settle()
  const answer = follower.peek.actions.push(Shout, { wordId: 'w' })
  await settle()
  await settle()
  expect(service.acts).toHaveLength(1)
  leader.tab.crash()
  await settle()
  await settle()
  expect(service.acts.map(({ id }) => id)).toEqual([answer.id, answer.id])
  service.answer(answer.id, accepted)
  expect(await answer).toEqual(accepted)
})

test('a tab shows what another one pushed, and what became of it', async () => {
  const { service, browser } = setUp()
  const [one, two] = [openPage(browser), openPage(browser)]
  await settle()
  void two.peek.actions.push(Shout, { wordId: 'w' })
  await settle()
  await settle()
  expect(one.peek.actions.pending('tutorial.Shout')).toHaveLength(1)
  service.answer(service.acts[0]?.id ?? '', { outcome: 'rejected', kind: 'no', words: 'No.', position: 'p' })
  await settle()
  await settle()
  for (const { peek } of [one, two]) {
    expect(peek.actions.pending('tutorial.Shout')).toEqual([])
    expect(peek.actions.lastRefusal('tutorial.Shout', 'w')).toMatchObject({ kind: 'no', words: 'No.' })
    expect(peek.outbox.status()).toMatchObject({ isSynced: true, attention: 1 })
  }
})

test('what one person left is neither seen nor sent by another, and waits for them', async () => {
  const { service, browser } = setUp()
  service.isUp = false
  const ada = openPage(browser, 'ada')
  await ada.peek.actions.push(Shout, { wordId: 'w' }).kept
  ada.peek.close()
  service.isUp = true
  const bob = openPage(browser, 'bob')
  await settle()
  expect(bob.peek.outbox.list()).toEqual([])
  bob.peek.close()
  const again = openPage(browser, 'ada')
  await settle()
  await settle()
  expect(again.peek.outbox.list()).toMatchObject([{ user: 'ada', state: 'waiting' }])
  // The service has welcomed somebody else.
  expect(again.peek.outbox.status()).toMatchObject({ paused: 'signed-out', unsent: 1 })
  expect(service.acts).toEqual([])
})

function setUp() {
  const service = createFakeService()
  return { service, browser: createFakeBrowser(service, createFakeClock(1_000_000)) }
}

function openPage(browser: ReturnType<typeof createFakeBrowser>, user?: string) {
  const tab = browser.openTab()
  const peek = createPeek({ app: 'field', surroundings: tab, ...(user !== undefined && { user }) })
  open.push(peek)
  return { tab, peek }
}
