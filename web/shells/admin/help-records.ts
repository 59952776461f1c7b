import * as v from 'valibot'
import { askForHelpFields, type HelpRecord } from '#vortex/protocol/help-request.ts'
import { formatPlural } from '#web/ui'
import type { Concern } from './status-looks.ts'

/** The actions a request is about; none where they cannot be read. */
export function parseHelpRecords(text: string): readonly HelpRecord[] {
  try {
    const parsed = v.safeParse(askForHelpFields.records, JSON.parse(text))
    return parsed.success ? parsed.output : []
  } catch {
    return []
  }
}

/** What was entered, for reading: as it was cut where it is no whole JSON any more. */
export function enteredValues(fields: string): unknown {
  try {
    return JSON.parse(fields)
  } catch {
    return fields
  }
}

const stateWords: Readonly<Record<string, string>> = {
  waiting: 'waits on the device',
  sent: 'on its way',
  accepted: 'accepted',
  changed: 'accepted with a change',
  refused: 'refused',
  stuck: 'cannot be sent as it is',
  discarded: 'discarded by the person',
}

export function recordWords({ state, attempts, reason }: HelpRecord): string {
  const tries = attempts === 1 ? 'sent once' : `sent ${attempts} times`
  const how = `${stateWords[state] ?? state}, ${attempts === 0 ? 'never sent' : tries}`
  return reason === '' ? `${how}.` : `${how}: ${reason}`
}

/** For the first page: somebody waits for an answer. */
export function helpConcerns(open: readonly unknown[]): readonly Concern[] {
  if (open.length === 0) return []
  const words = `${formatPlural(open.length, 'request')} for help with what could not be done on a device.`
  return [{ id: 'help', look: { tone: 'warning', title: 'Not answered' }, title: 'Help', words, href: '/devices' }]
}
