import type { EventStore, ExpectedRevision } from '#event-store/event-store.ts'
import { refusalsStream } from '#event-store/stream-name.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Decided, DecidedBatch } from './decided.ts'
import { accepted, type Entity, remember } from './entity.ts'
import type { EntityCache } from './entity-cache.ts'
import { type Recording, toNewEvents, toRefusal } from './to-new-events.ts'

export type CommitBatchOptions = {
  readonly store: EventStore
  readonly stream: string
  readonly entity: Entity
  /** The entity was read some time ago: somebody else may have appended since. */
  readonly isCached: boolean
  readonly decided: DecidedBatch
  readonly recording: Recording
  readonly doubts: Pick<EntityCache, 'doubt'>
}

/**
 * Appends what a batch decided and takes it into the entity. Answers in the batch's order.
 *
 * Accepted actions that follow each other share one append, and so do refused ones; each append waits for the one before.
 * So what is recorded when an append fails is always a beginning of the batch, and the rest, decided again, still comes
 * in its order (E3). Throws what the store throws; the entity is then not to be used any more.
 */
export async function commitBatch(options: CommitBatchOptions): Promise<Answer[]> {
  const { entity, decided } = options
  const positions = new Map<string, string>()
  for (const [index, run] of runsOf(firstOfEachId(decided.steps)).entries()) {
    const mayBeStale = options.isCached || index > 0
    const position = await appendRun({ ...options, mayBeStale }, run)
    for (const step of run) positions.set(idOf(step), position)
  }
  entity.state = decided.state

  return decided.steps.map((step) => {
    const answer = toAnswer(step, positions.get(idOf(step)) ?? '')
    const { request, bodyHash } = step.checked
    if (step.step !== 'answer' && !entity.outcomes.has(request.id)) remember(entity, request.id, { bodyHash, answer })
    return answer
  })
}

type Accepted = Extract<Decided, { step: 'accept' }>
type Refused = Extract<Decided, { step: 'refuse' }>

/** Where the append ends. */
async function appendRun(
  options: CommitBatchOptions & { readonly mayBeStale: boolean },
  run: readonly (Accepted | Refused)[],
): Promise<string> {
  const { store, stream, entity, recording, doubts, mayBeStale } = options
  const accepted = run.filter((step) => step.step === 'accept')
  if (accepted.length > 0) {
    const events = accepted.flatMap((step) => toNewEvents(step, recording))
    const { revision, position } = await store
      .append(stream, events, toExpected(entity.revision))
      .catch((error: unknown) => {
        if (mayHaveHappened(error)) doubts.doubt(stream, entity.revision, accepted.map(idOf))
        throw error
      })
    entity.revision = revision
    return position
  }
  if (mayBeStale) await assertFresh(options)
  const refusals = run.filter((step) => step.step === 'refuse').map((step) => toRefusal(step, recording))
  const { revision, position } = await store.append(
    refusalsStream(stream),
    refusals,
    toExpected(entity.refusalsRevision),
  )
  entity.refusalsRevision = revision
  return position
}

/**
 * An accepted action that was decided on an outdated state meets a conflict at its append. A refusal goes to another
 * stream and would not notice, so the entity is looked at once more: what is refused may be accepted there by now.
 */
async function assertFresh({ store, stream, entity }: CommitBatchOptions): Promise<void> {
  const next = { from: entity.revision + 1, direction: 'forwards', countMax: 1 } as const
  const [newer] = await store.readStream(stream, next)
  if (newer) throw new PlatformError('revision-conflict', `Somebody else appended to ${stream} meanwhile.`)
}

function mayHaveHappened(error: unknown): boolean {
  return isPlatformError(error, 'timeout') || isPlatformError(error, 'unavailable')
}

function toExpected(revision: number): ExpectedRevision {
  return revision < 0 ? 'no-stream' : revision
}

function firstOfEachId(steps: readonly Decided[]): (Accepted | Refused)[] {
  const seen = new Set<string>()
  const recorded = steps.filter((step) => step.step !== 'answer')
  return recorded.filter((step) => !seen.has(idOf(step)) && seen.add(idOf(step)))
}

function runsOf(steps: readonly (Accepted | Refused)[]): (Accepted | Refused)[][] {
  const runs: (Accepted | Refused)[][] = []
  for (const step of steps) {
    const run = runs.at(-1)
    if (run?.[0]?.step === step.step) run.push(step)
    else runs.push([step])
  }
  return runs
}

function idOf(step: Decided): string {
  return step.checked.request.id
}

function toAnswer(step: Decided, position: string): Answer {
  if (step.step === 'answer') return step.answer
  if (step.step === 'accept') return accepted(position, step.changed)
  return { outcome: 'rejected', kind: step.kind, words: step.words, position }
}
