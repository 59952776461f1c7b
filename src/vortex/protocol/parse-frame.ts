import type * as v from 'valibot'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { type DownHead, downSchema } from './down.ts'
import { splitFrame } from './frame.ts'
import { parseWith } from './parse.ts'
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
const kindsWithBody: ReadonlySet<string> = new Set(['act', 'ask', 'rows', 'patch'])
const textShownMax = 60

export function parseUpFrame(text: string): ParsedFrame<UpHead> {
  return parseFrame<UpHead>(upSchema, text)
}

export function parseDownFrame(text: string): ParsedFrame<DownHead> {
  return parseFrame<DownHead>(downSchema, text)
}

function parseFrame<Head extends { k: string }>(schema: v.GenericSchema<unknown, Head>, text: string) {
  const frame = splitFrame(text)
  const found = tryParseJson(frame.head)
  if (!isJsonObject(found)) return refuse(`found ${toExcerpt(frame.head)}, wanted a JSON object on the first line`)
  if (!sharesVersion(found)) return refuseVersion(found)

  const head = parseWith(schema, found)
  if (!head.ok) return refuse(`a frame of kind ${toExcerpt(String(found.k))}: ${head.words}`, found)
  if (kindsWithBody.has(head.value.k) && frame.body === undefined) {
    return refuse(`a frame of kind "${head.value.k}" has no body: wanted JSON on the second line`, found)
  }
  return { ok: true, value: { ...frame, head: head.value } } as const
}

function refuse(words: string, head: { readonly [field: string]: unknown } = {}): RefusedFrame {
  const req = toNumber(head.req)
  const obs = toNumber(head.obs)
  return {
    ok: false,
    kind: 'bad-frame',
    words: `Not a frame: ${words}.`,
    ...(req === undefined ? {} : { req }),
    ...(obs === undefined ? {} : { obs }),
  }
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
