/** The two spellings of a log line: for eyes and for programs. */

import type { LogLine } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'

const reset = '\u001b[0m'
const colours = { debug: '\u001b[2m', info: '', warning: '\u001b[33m', error: '\u001b[31m' } as const

/** `12:00:01.250 warning field.link  logic is away  attempt=3` */
export function toReadableLine(line: LogLine, at: number, isColoured: boolean): string {
  const facts = Object.entries(line.facts ?? {}).map(([name, value]) => `  ${name}=${toShortText(value)}`)
  const text = `${toLocalTime(at)} ${line.level.padEnd(7)} ${line.name}  ${line.words}${facts.join('')}`
  return isColoured && colours[line.level] !== '' ? `${colours[line.level]}${text}${reset}` : text
}

export function toJsonLine(line: LogLine, at: number): string {
  const { level, name, words, facts } = line
  return JSON.stringify(
    { at: new Date(at).toISOString(), level, name, words, ...(facts ? { facts } : {}) },
    toPlainValue,
  )
}

function toLocalTime(at: number): string {
  const moment = new Date(at)
  const two = (part: number) => String(part).padStart(2, '0')
  const ms = String(moment.getMilliseconds()).padStart(3, '0')
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}.${ms}`
}

function toShortText(value: unknown): string {
  if (value instanceof Error) return describeError(value)
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, toPlainValue)
  const text = String(value)
  return /\s/.test(text) ? JSON.stringify(text) : text
}

function toPlainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return value.stack ? `${describeError(value)}\n${value.stack}` : describeError(value)
  return value
}
