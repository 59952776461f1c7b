import type { WireError, WireErrorKind } from '#vortex/protocol/wire-error.ts'

/** The closed list of what becomes of a call that gives no output. */
export const rpcFailureKinds = {
  'unknown-callee': 'Nobody that listens to this name can be reached: check the name, the plugin and its service.',
  'wrong-caller': 'The definition does not accept calls from this service.',
  'bad-input': 'The input does not fit the definition.',
  timeout: 'No answer came within the time given; whether it was done is not known.',
  unavailable: 'The connection was lost before the answer; whether it was done is not known.',
  'too-large': 'Input or output is larger than a call may carry.',
  'too-many': 'So many calls wait already that this one was not taken.',
  cancelled: 'The caller stopped waiting.',
  failed: 'The code that was called threw; its log says more.',
} as const
export type RpcFailureKind = keyof typeof rpcFailureKinds

export class RpcFailure extends Error {
  override readonly name = 'RpcFailure'
  readonly rpc: string
  readonly kind: RpcFailureKind
  constructor(rpc: string, kind: RpcFailureKind, words: string) {
    super(words)
    this.rpc = rpc
    this.kind = kind
  }
}

/** How the kinds are called on the wire. */
const wireKinds: { readonly [K in RpcFailureKind]: WireErrorKind } = {
  'unknown-callee': 'not-found',
  'wrong-caller': 'forbidden',
  'bad-input': 'bad-input',
  timeout: 'timeout',
  unavailable: 'unavailable',
  'too-large': 'too-large',
  'too-many': 'too-many',
  // It stays on the side that cancelled.
  cancelled: 'unavailable',
  failed: 'internal',
}
const kindsOfWire = new Map<WireErrorKind, RpcFailureKind>([
  ['not-found', 'unknown-callee'],
  ['forbidden', 'wrong-caller'],
  ['bad-input', 'bad-input'],
  ['timeout', 'timeout'],
  ['unavailable', 'unavailable'],
  ['too-large', 'too-large'],
  ['too-many', 'too-many'],
])

export function toWireError({ kind, message }: RpcFailure): WireError {
  return { kind: wireKinds[kind], words: message }
}

export function kindOfWire(kind: WireErrorKind): RpcFailureKind {
  return kindsOfWire.get(kind) ?? 'failed'
}

export function fromWireError(rpc: string, { kind, words }: WireError): RpcFailure {
  return new RpcFailure(rpc, kindOfWire(kind), words)
}
