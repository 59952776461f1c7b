import type * as v from 'valibot'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { type DownHead, downSchema } from './down.ts'
import { type Frame, splitFrame } from './frame.ts'
import { type Parsed, parseWith } from './parse.ts'
import { findPlainReply, isPlainAsk } from './plain-calls.ts'
import { agreeVersion, spokenVersions } from './protocol-version.ts'
import { type UpHead, upSchema } from './up.ts'
import type { WireError } from './wire-error.ts'

/**
 * Untrusted text to frames. Only the head is read; the body stays a text (V2).
 *
 * Promises: never throws; a refusal says what was found and wanted, and names the request or observation
 * it was about whenever that much could be read, so that the sender need not wait for an answer.
 * Asks: the caller has bounded the size of the text.
 */
export type ParsedFrame<Head> =
  | { readonly ok: true; readonly value: { readonly head: Head; readonly body?: string } }
  | RefusedFrame

export type RefusedFrame = {
  readonly ok: false
  readonly words: string
  readonly kind: WireError['kind']
  readonly req?: number
  readonly obs?: number
}

/** Kinds of frame that mean nothing without a body. */
const kindsWithBody: ReadonlySet<string> = new Set(['act', 'rows', 'patch', 'effects', 'part'])
const textShownMax = 60

/** By kind: the schema of all would try one after the other. */
const upKinds = new Map<string, v.GenericSchema<unknown, UpHead>>(
  upSchema.options.map((option) => [option.entries.k.literal, option]),
)
const downKinds = new Map<string, v.GenericSchema<unknown, DownHead>>(
  downSchema.options.map((option) => [option.entries.k.literal, option]),
)

export function parseUpFrame(text: string): ParsedFrame<UpHead> {
  const frame = splitFrame(text)
  const plain = findPlainReply(frame.head)
  return plain ? { ok: true, value: { ...frame, head: plain } } : parseFrame<UpHead>(upSchema, upKinds, false, frame)
}

export function parseDownFrame(text: string): ParsedFrame<DownHead> {
  const frame = splitFrame(text)
  const plain = findPlainReply(frame.head)
  return plain
    ? { ok: true, value: { ...frame, head: plain } }
    : parseFrame<DownHead>(downSchema, downKinds, true, frame)
}

function parseFrame<Head extends { k: string; size?: number | undefined }>(
  schema: v.GenericSchema<unknown, Head>,
  kinds: ReadonlyMap<string, v.GenericSchema<unknown, Head>>,
  isDown: boolean,
  frame: Frame,
) {
  const found = tryParseJson(frame.head)
  if (!isJsonObject(found)) return refuse(`found ${toExcerpt(frame.head)}, wanted a JSON object on the first line`)
  if (!sharesVersion(found)) return refuseVersion(found)

  const head = parseHead(kinds.get(String(found.k)) ?? schema, found, isDown)
  if (!head.ok) return refuse(`a frame of kind ${toExcerpt(String(found.k))}: ${head.words}`, found)
  if (frame.body === undefined && needsBody(head.value)) {
    return refuse(`a frame of kind "${head.value.k}" has no body: wanted JSON on the second line`, found)
  }
  return { ok: true, value: { ...frame, head: head.value } } as const
}

function parseHead<Head>(schema: v.GenericSchema<unknown, Head>, found: JsonObject, isDown: boolean): Parsed<Head> {
  // The schema would take it as it is.
  return isPlainAsk(found, isDown) ? { ok: true, value: found as Head } : parseWith(schema, found)
}

/** A request has its body with it, or says how much of it follows in parts. */
function needsBody(head: { readonly k: string; readonly size?: number | undefined }): boolean {
  return kindsWithBody.has(head.k) || (head.k === 'ask' && head.size === undefined)
}

function refuse(words: string, head: { readonly [field: string]: unknown } = {}): RefusedFrame {
  const req = requestOf(head)
  const obs = toNumber(head.obs)
  return {
    ok: false,
    kind: 'bad-frame',
    words: `Not a frame: ${words}.`,
    ...(req === undefined ? {} : { req }),
    ...(obs === undefined ? {} : { obs }),
  }
}

/**
 * Which of its sender's own requests a frame is about. Replies carry the number of whoever they are for, and there the same
 * number may mean another request altogether.
 */
export function requestOf({ k, of, req }: { readonly [field: string]: unknown }): number | undefined {
  return k === 'reply' || (k === 'part' && of === 'reply') ? undefined : toNumber(req)
}

/** Said before the shape is checked: a caller of another age has other shapes, and should hear the real reason. */
function refuseVersion(hello: { readonly [field: string]: unknown }): RefusedFrame {
  const spoken = toExcerpt(JSON.stringify(hello.versions))
  const words = `No protocol version in common: found ${spoken}, wanted one of [${spokenVersions.join(', ')}]. Reload or update the older side.`
  return { ok: false, kind: 'wrong-version', words }
}

function sharesVersion(head: { readonly [field: string]: unknown }): boolean {
  if (head.k !== 'hello' || !Array.isArray(head.versions) || head.versions.length === 0) return true
  return agreeVersion(head.versions.filter((version) => typeof version === 'number')) !== undefined
}

function toNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function toExcerpt(text: string): string {
  if (text === '') return 'an empty text'
  return JSON.stringify(text.length <= textShownMax ? text : `${text.slice(0, textShownMax)}…`.toWellFormed())
}
