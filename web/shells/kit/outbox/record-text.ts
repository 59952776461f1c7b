import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { formatInstant } from '#web/ui'
import { fieldTitle, valueWords } from '../fields/field-values.ts'
import { bodyValues } from './record-fields.ts'
import type { RecordLook } from './record-look.ts'

/** An action as text, for a message to somebody: what it is, how it stands, what was entered, and by what it is found. */
export function recordText(
  record: OutboxRecord,
  {
    look,
    plugin,
    device,
  }: { readonly look: RecordLook; readonly plugin: string; readonly device?: string | undefined },
): string {
  const lines = [
    record.title,
    `${look.title}: ${look.words}`,
    '',
    `Plugin: ${plugin}`,
    `When: ${formatInstant(record.at)}`,
    `Tries: ${record.attempts}${record.lastTryAt === undefined ? '' : `, the last ${formatInstant(record.lastTryAt)}`}`,
    ...(record.endedAt === undefined ? [] : [`Ended: ${formatInstant(record.endedAt)}`]),
    '',
    ...Object.entries(bodyValues(record)).map(([name, value]) => `${fieldTitle(name)}: ${valueWords(value)}`),
    '',
    `Action: ${record.name} (version ${record.version}), number ${record.seq} of this device`,
    `Id: ${record.id}`,
    ...(record.position === undefined ? [] : [`Position: ${record.position}`]),
    `Person: ${record.user || 'not named'}`,
    ...(device === undefined ? [] : [`Device: ${device}`]),
    `App: ${record.build || 'not named'}`,
  ]
  return `${lines.join('\n')}\n`
}
