import * as v from 'valibot'

/** The closed list of what can go wrong with a frame or a request. A client acts on the kind and shows the words. */
export const wireErrorKinds = [
  'bad-frame', // not parsed, or not of the protocol
  'not-greeted', // the first frame must be a hello
  'wrong-version', // no protocol version in common
  'too-large', // a frame, a body or an answer over its bound
  'too-many', // frames a second, observations, sessions
  'bad-input', // the body does not fit the definition
  'not-found', // no such action, observable or request
  'forbidden', // known, but not for this principal
  'timeout', // the deadline passed, the outcome is not known
  'unavailable', // the far side is not reachable just now
  'out-of-order', // the predecessor in this lane has not arrived: send it first
  'internal', // our own bug, logged with the same sentence
] as const
export type WireErrorKind = (typeof wireErrorKinds)[number]

export const wireErrorSchema = v.strictObject({ kind: v.picklist(wireErrorKinds), words: v.string() })
export type WireError = v.InferOutput<typeof wireErrorSchema>

/** The websocket close code that says why: 4000 and the kind's place in the list. */
export function toCloseCode(kind: WireErrorKind): number {
  return 4_000 + wireErrorKinds.indexOf(kind)
}
