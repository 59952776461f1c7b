/** Events as the admin API gives them, and how they read in a terminal. */
import { isJsonObject, type JsonObject } from '#kernel/json.ts'

export function eventsOf(answer: unknown): JsonObject[] {
  return isJsonObject(answer) && Array.isArray(answer.events) ? answer.events.filter(isJsonObject) : []
}

export function textAt(from: JsonObject, name: string): string {
  const value = from[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** Local time to the second. */
export function instantWords(at: unknown): string {
  if (typeof at !== 'number') return '-'
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** Control characters of somebody's data never reach the terminal. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '\ufffd')
}

/** What it was: of a refusal, the action that was refused. */
export function typeWords(event: JsonObject): string {
  const refused = textAt(event, 'refused')
  return refused === '' ? textAt(event, 'type') : `${refused} (refused)`
}

/** One event on one line. */
export function eventLine(event: JsonObject): string {
  const who = [textAt(event, 'user'), textAt(event, 'device')].filter((each) => each !== '').join(' on ')
  const parts = [instantWords(event.recordedAt), typeWords(event), textAt(event, 'stream'), who || '-']
  return plainText(`${parts.join('  ')}  ${textAt(event, 'id')}`)
}
