import type { PastRow, PastSubject, PastSubjects, StateDifference } from './past-api.ts'

/** How what was is written: values of cells, paths of differences, moments in the fields of a form. */

export function cellWords(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function pathWords(path: StateDifference['path']): string {
  return path.length === 0 ? 'all of it' : path.join(' › ')
}

/** The fields that name a row, for a heading. */
export function rowName(row: PastRow, keyedBy: readonly string[]): string {
  return keyedBy.map((field) => cellWords(row[field])).join(' · ')
}

/** As `<input type="datetime-local">` has it, in the reader's zone, to the second. */
export function toDateInput(at: number): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The end of the second that was chosen, as ISO text; undefined while no whole date is typed. */
export function fromDateInput(text: string): string | undefined {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return undefined
  const hasMs = /\.\d+$/.test(text)
  return new Date(hasMs ? at : at + 999).toISOString()
}

/** `o:<observable>` or `t:<projection>/<table>`: what a page's address says it looks at. */
export function parseSubject(text: string): Omit<PastSubject, 'selector'> | undefined {
  if (text.startsWith('o:')) return { observable: text.slice(2) }
  const [projection, table] = text.startsWith('t:') ? text.slice(2).split('/') : []
  return projection && table ? { projection, table } : undefined
}

/** The fields by which rows of a subject may be picked. */
export function pickedFields(subjects: PastSubjects | undefined, text: string): readonly string[] {
  const subject = parseSubject(text)
  if (subject?.observable !== undefined)
    return subjects?.observables.find(({ name }) => name === subject.observable)?.selectorFields ?? []
  const projection = subjects?.projections.find(({ id }) => id === subject?.projection)
  return projection?.tables.find(({ name }) => name === subject?.table)?.keyedBy ?? []
}

/** What was typed for a selector: text that is a JSON number, true, false or null is that; all else is text. */
export function toSelector(typed: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(typed).filter(([, text]) => text.trim() !== '')
  return Object.fromEntries(entries.map(([field, text]) => [field, plainValue(text.trim())]))
}

function plainValue(text: string): unknown {
  return /^(-?(0|[1-9]\d*)(\.\d+)?|true|false|null)$/.test(text) ? JSON.parse(text) : text
}
