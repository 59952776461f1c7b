import type { FoundEvent } from './found-event.ts'

/** How events are written down, a line each: `begin` stands once in front. */
export type ExportFormat = {
  readonly contentType: string
  readonly fileEnding: string
  readonly begin: string
  toLine(event: FoundEvent): string
}

export const exportFormatNames = ['ndjson', 'csv'] as const
export type ExportFormatName = (typeof exportFormatNames)[number]

const columns = [
  'position',
  'id',
  'kind',
  'type',
  'refused',
  'schemaVersion',
  'plugin',
  'category',
  'entityId',
  'stream',
  'revision',
  'actionId',
  'correlationId',
  'causationId',
  'user',
  'device',
  'service',
  'occurredAt',
  'recordedAt',
  'data',
] as const satisfies readonly (keyof FoundEvent)[]

export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  /** A JSON object a line. */
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    fileEnding: 'ndjson',
    begin: '',
    toLine: (event) => `${JSON.stringify(toWritten(event))}\n`,
  },
  /** As RFC 4180 says it, with a line of names; the data is JSON in one cell. */
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    fileEnding: 'csv',
    begin: `${columns.join(',')}\r\n`,
    toLine: (event) => {
      const written = toWritten(event)
      return `${columns.map((column) => toCsvCell(written[column])).join(',')}\r\n`
    },
  },
}

/** Both times in the one form that programs and spreadsheets read alike. */
function toWritten(event: FoundEvent) {
  return { ...event, occurredAt: toInstantText(event.occurredAt), recordedAt: toInstantText(event.recordedAt) }
}

/** An instant beyond what a date can hold stays the number it is. */
function toInstantText(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at)
}

/**
 * A cell that a spreadsheet shows and never computes: text that begins like a formula gets an apostrophe in front, as
 * OWASP advises against CSV injection. What a person typed in the field is opened by an auditor.
 */
export function toCsvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = typeof value !== 'number' && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
