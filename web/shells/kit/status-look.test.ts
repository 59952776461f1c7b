import { describe, expect, test } from 'bun:test'
import type { OutboxStatus } from '#web/sdk/outbox/outbox.ts'
import { type StatusFacts, statusLook } from './status-look.ts'

const online = { tone: 'normal', title: 'Online', words: 'Everything shown is live.' } as const
const offline = { tone: 'warning', title: 'Offline', words: 'The server cannot be reached.' } as const
const outboxOf = (change: Partial<OutboxStatus>): OutboxStatus => ({
  unsent: 0,
  sending: 0,
  attention: 0,
  isSynced: false,
  highestSeq: 0,
  ackedSeq: 0,
  ...change,
})
const look = (outbox: Partial<OutboxStatus>, more: Partial<StatusFacts> = {}) =>
  statusLook({ connection: online, isDurable: true, ...more, outbox: outboxOf(outbox) })

describe('the bar', () => {
  test('says that everything has arrived only where the store says so, and nothing needs attention', () => {
    expect(look({}).words).toBe('Online.')
    expect(look({ isSynced: true }).words).toBe('Online. Everything you did has arrived.')
    expect(look({ isSynced: true, attention: 1 }).words).toBe('Online. 1 action needs attention.')
  })

  test('says what needs attention before what is on its way', () => {
    expect(look({ attention: 2, unsent: 5 }).work).toEqual({ tone: 'alarm', count: 2, title: 'need attention' })
    expect(look({ unsent: 5 }).work).toEqual({ tone: 'busy', count: 5, title: 'sending' })
    expect(look({ unsent: 5, paused: 'offline' }).work).toEqual({ tone: 'waiting', count: 5, title: 'waiting' })
    expect(look({}).work).toBeUndefined()
  })

  test('says that sending pauses until somebody signs in, also while the connection is there', () => {
    expect(look({ paused: 'signed-out', unsent: 1 }).link).toEqual({ tone: 'warning', title: 'Paused: sign in' })
  })

  test('says that work is lost with the page where the browser keeps nothing', () => {
    const words = (isDurable: boolean) =>
      look({ unsent: 2, paused: 'offline' }, { connection: offline, isDurable }).words
    expect(words(true)).toBe('Offline. 2 actions wait on this device.')
    expect(words(false)).toBe('Offline. 2 actions wait in this page, and are lost when it is closed.')
  })

  test('is read out in the same words while a number of actions goes down', () => {
    expect(look({ unsent: 5_000 }).spoken).toBe(look({ unsent: 1 }).spoken)
    expect(look({ attention: 1 }).spoken).not.toBe(look({ attention: 2 }).spoken)
  })
})
