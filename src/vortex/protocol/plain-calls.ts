import type { JsonObject } from '#kernel/json.ts'
import { type AskDown, calledRoles, callerKinds, type Reply } from './call.ts'

/**
 * Heads of requests and replies as nearly all of them are, told at a glance: a busy link carries tens of thousands a second,
 * and the schema takes longer over one than all the rest of the link.
 *
 * Promises: what is taken here the schema would take as it is; whatever else a frame may say is left to the schema, which
 * also has the words for what is wrong.
 */

const replyStart = '{"k":"reply","req":'
/** Every number of fewer digits is a safe integer. */
const digitCountMax = 15

/** A reply without more, from the text of its head. */
export function findPlainReply(head: string): Reply | undefined {
  const end = head.length - 1
  const digitCount = end - replyStart.length
  if (digitCount < 1 || digitCount > digitCountMax || !head.startsWith(replyStart) || head[end] !== '}')
    return undefined
  let req = 0
  for (let index = replyStart.length; index < end; index++) {
    const digit = head.charCodeAt(index) - digit0
    // JSON knows no number that begins with a nought and goes on.
    if (digit < 0 || digit > 9 || (req === 0 && index > replyStart.length)) return undefined
    req = req * 10 + digit
  }
  return { k: 'reply', req }
}

/** A request without a person behind it. `mayComeFrom`: downwards it says who asks. */
export function isPlainAsk(found: JsonObject, mayComeFrom: boolean): boolean {
  const { k, req, name, deadlineMs } = found
  if (k !== 'ask' || !isCount(req) || !isShortText(name) || !isDeadline(deadlineMs)) return false
  for (const key in found) {
    if (!isPlainEntry(key, found[key], mayComeFrom)) return false
  }
  return true
}

function isPlainEntry(key: string, value: unknown, mayComeFrom: boolean): boolean {
  switch (key) {
    case 'k':
    case 'req':
    case 'name':
    case 'deadlineMs':
      // Looked at already.
      return true
    case 'to':
      return isTarget(value)
    case 'from':
      return mayComeFrom && isOrigin(value)
    case 'ordered':
      return typeof value === 'boolean'
    case 'size':
      return isCount(value)
    default:
      return false
  }
}

function isTarget(value: unknown): boolean {
  if (!isRecord(value) || !roles.has(value.role)) return false
  for (const key in value) {
    const isRight =
      key === 'role' ||
      (key === 'all' ? typeof value.all === 'boolean' : targetTexts.has(key) && isShortText(value[key]))
    if (!isRight) return false
  }
  return true
}

function isOrigin(value: unknown): boolean {
  if (!isRecord(value) || !callers.has(value.caller)) return false
  if (!isShortText(value.instance) || !isShortText(value.name)) return false
  let count = 0
  for (const _ in value) count++
  return count === 3
}

const digit0 = 48
const roles: ReadonlySet<unknown> = new Set(calledRoles)
const callers: ReadonlySet<unknown> = new Set(callerKinds)
const targetTexts: ReadonlySet<string> = new Set<keyof NonNullable<AskDown['to']>>(['instance', 'name', 'zone'])

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 1 && value.length <= 200
}

function isDeadline(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= 600_000
}
