import type { OutboxStatus } from '#web/sdk/outbox/outbox.ts'
import { formatCount, formatPlural, type StatusTone } from '#web/ui'
import type { ConnectionLook } from './connection-look.ts'

/** What the bar of an app says: how it stands with the server, and what of this device's work is not there yet. */
export type StatusLook = {
  readonly link: { readonly tone: StatusTone; readonly title: string }
  /** Absent where there is nothing to say: not the same as everything being sent. */
  readonly work?: { readonly tone: StatusTone; readonly count: number; readonly title: string }
  /** All of it in sentences. */
  readonly words: string
  /** What is read out when it changes: without the numbers that move while actions go. */
  readonly spoken: string
  /** It says that everything has arrived: not for a moment longer than that is so. */
  readonly saysArrived: boolean
}

export type StatusFacts = {
  readonly connection: ConnectionLook
  readonly outbox: OutboxStatus
  /** What was pushed is kept when the page is closed. */
  readonly isDurable: boolean
}

export function statusLook({ connection, outbox, isDurable }: StatusFacts): StatusLook {
  const link =
    outbox.paused === 'signed-out'
      ? { tone: 'warning' as const, title: 'Paused: sign in' }
      : { tone: connection.tone, title: connection.title }
  const work = workOf(outbox)
  const waitingWords = outbox.unsent === 0 ? '' : unsentWords(outbox.unsent, isDurable)
  const attentionWords = outbox.attention === 0 ? '' : `${needs(outbox.attention)} attention.`
  // Only the store may say so, and it says so only after it was asked.
  const syncedWords = outbox.isSynced && outbox.attention === 0 ? 'Everything you did has arrived.' : ''
  return {
    link,
    ...(work && { work }),
    words: sentences(`${link.title}.`, outbox.words ?? '', attentionWords, waitingWords, syncedWords),
    spoken: sentences(`${link.title}.`, attentionWords, spokenOf(outbox), syncedWords),
    saysArrived: syncedWords !== '',
  }
}

function workOf(outbox: OutboxStatus): StatusLook['work'] {
  const { attention, unsent } = outbox
  if (attention > 0)
    return { tone: 'alarm', count: attention, title: attention === 1 ? 'needs attention' : 'need attention' }
  if (unsent === 0) return undefined
  return outbox.paused === undefined
    ? { tone: 'busy', count: unsent, title: 'sending' }
    : { tone: 'waiting', count: unsent, title: 'waiting' }
}

function spokenOf({ unsent, paused }: OutboxStatus): string {
  if (unsent === 0) return ''
  return paused === undefined ? 'Sending what waits.' : 'What you do waits on this device.'
}

function unsentWords(count: number, isDurable: boolean): string {
  const these = `${formatPlural(count, 'action')} ${count === 1 ? 'waits' : 'wait'}`
  return isDurable
    ? `${these} on this device.`
    : `${these} in this page, and ${count === 1 ? 'is' : 'are'} lost when it is closed.`
}

const needs = (count: number): string => `${formatCount(count)} ${count === 1 ? 'action needs' : 'actions need'}`
const sentences = (...parts: readonly string[]): string => parts.filter(Boolean).join(' ')
