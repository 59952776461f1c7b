import { isJsonObject } from '#kernel/json.ts'
import type { LogLevel } from '#kernel/log.ts'
import { type ErrorKind, errorKinds } from '#kernel/platform-error.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'

/** What logic says to the process that answers about the past. */
export type ToHistorian =
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly question: PastQuestionName
      readonly args: readonly unknown[]
    }
  | { readonly kind: 'stop' }

/** What that process says: that it listens, what it logs, and its answers. */
export type HistorianLine =
  | { readonly kind: 'listening' }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly words: string
      readonly facts?: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'refusal'
      readonly id: number
      readonly errorKind: ErrorKind | 'internal'
      readonly words: string
    }

export type PastQuestionName = keyof PastQuestions

export const pastQuestionNames = [
  'screen',
  'changes',
  'explain',
  'startReplay',
  'replays',
  'replay',
  'cancelReplay',
  'dropReplay',
  'replayRows',
  'compareReplay',
] as const satisfies readonly PastQuestionName[]

/** Parent and child are of one build: the kind is looked at, the rest is trusted. */
export function parseHistorianLine(found: unknown): HistorianLine | undefined {
  if (!isJsonObject(found)) return undefined
  const isKnown = ['listening', 'log', 'answer', 'refusal'].includes(String(found.kind))
  return isKnown ? (found as HistorianLine) : undefined
}

export function parseToHistorian(found: unknown): ToHistorian | undefined {
  if (!isJsonObject(found)) return undefined
  if (found.kind === 'stop') return { kind: 'stop' }
  const question = pastQuestionNames.find((name) => name === found.question)
  if (found.kind !== 'ask' || !question || typeof found.id !== 'number' || !Array.isArray(found.args)) return undefined
  return { kind: 'ask', id: found.id, question, args: found.args }
}

export function isErrorKind(kind: string): kind is ErrorKind {
  return Object.hasOwn(errorKinds, kind)
}
