/** The closed list of what can go wrong with an outside system. The sentence says what to do in general. */
export const outsideFailureKinds = {
  unreachable: 'No connection could be made, or it was lost: check address, network and whether the system runs.',
  timeout: 'No answer came within the time given: whether it was done is not known.',
  busy: 'The system asks for patience: try again later, `retryAfterMs` says when.',
  failed: 'The system failed on its side: its own log says more.',
  refused: 'The system understood and said no: correct what was asked, or the rights of the account.',
  untrusted: 'The system is not proven to be the one meant: compare its key or certificate with its administrator.',
  'bad-answer': 'The answer is not what was agreed: compare with the description of its interface.',
  'too-large': 'More came, or was to be sent, than the bound allows: ask for less, or raise the bound.',
  'too-many': 'So many calls wait for this system that one more was not taken: slow down.',
  paused: 'It failed so often that it is left alone for a while: nothing was sent; it is tried again by itself.',
  'bad-input': 'What was asked cannot be sent as it is: correct the call.',
  cancelled: 'The caller, or its part, stopped: whether it was done is not known.',
} as const
export type OutsideFailureKind = keyof typeof outsideFailureKinds

/** Those that may pass by themselves. */
const transientKinds: ReadonlySet<OutsideFailureKind> = new Set(['unreachable', 'timeout', 'busy', 'failed', 'paused'])

export type OutsideFacts = Readonly<Record<string, string | number | boolean | null>>

/**
 * A call to an outside system that gave no result. The message names the system, what was found, what was wanted and what
 * to do; it holds no secret.
 */
export class OutsideFailure extends Error {
  override readonly name = 'OutsideFailure'
  readonly kind: OutsideFailureKind
  readonly system: string
  /** `none`: for sure it did nothing there, so that a repeat is safe. */
  readonly effect: 'none' | 'unknown'
  /** It may pass by itself. */
  readonly isTransient: boolean
  readonly retryAfterMs: number | undefined
  readonly facts: OutsideFacts

  constructor(
    system: string,
    kind: OutsideFailureKind,
    words: string,
    options: {
      readonly effect?: 'none' | 'unknown'
      readonly isTransient?: boolean
      readonly retryAfterMs?: number | undefined
      readonly facts?: OutsideFacts
      readonly cause?: unknown
    } = {},
  ) {
    super(`${system}: ${words}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.system = system
    this.effect = options.effect ?? 'unknown'
    this.isTransient = options.isTransient ?? transientKinds.has(kind)
    this.retryAfterMs = options.retryAfterMs
    this.facts = options.facts ?? {}
  }
}

export function isOutsideFailure(error: unknown, kind?: OutsideFailureKind): error is OutsideFailure {
  return error instanceof OutsideFailure && (kind === undefined || error.kind === kind)
}

/** The same, of a call whose earlier try may have had an effect: this one surely had none, and the call as a whole is not so sure. */
export function withDoubt(failure: OutsideFailure): OutsideFailure {
  if (failure.effect === 'unknown') return failure
  const { system, kind, isTransient, retryAfterMs, facts, cause } = failure
  const words = `${failure.message.slice(system.length + 2)} An earlier try gave no answer: whether that one was done is not known.`
  return new OutsideFailure(system, kind, words, { effect: 'unknown', isTransient, retryAfterMs, facts, cause })
}
