import { must } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ChangeOptions, OutboxChange, OutboxStore } from '../device-store/device-store.ts'
import { isAccepted, needsAttention, type OutboxRecord } from '../device-store/outbox-record.ts'
import { dependantsOf } from './obstacle-of.ts'
import type { Edited, Outbox } from './outbox.ts'
import type { OutboxMirror } from './outbox-mirror.ts'
import { toNewRecord } from './to-new-record.ts'

/**
 * What a person decides about an action: to try it again, to send it anew, to give it up.
 *
 * Promises: each decision is one transaction of the store that happens only if the action still stands as the person saw it,
 * so that two pages never decide twice; it is about what the person could see, and about nothing that came later.
 */
export function createOutboxDecisions(options: {
  readonly store: OutboxStore
  readonly mirror: OutboxMirror
  readonly clock: Clock
  readonly makeUuid: () => string
  readonly build: string
  /** Does the work, and sees to what follows from what it changed. */
  change(work: () => Promise<readonly OutboxRecord[]>): Promise<void>
  hurry(): void
}): Pick<Outbox, 'retry' | 'resend' | 'discard'> {
  const { store, mirror, clock } = options

  return { retry, resend, discard }

  async function retry(id: string): Promise<void> {
    const record = await find(id)
    if (record.state === 'refused')
      throw new PlatformError('bad-input', `“${record.title}” was refused, and stays so: edit it and send it anew.`)
    const letsGoOf = record.dependsOn.filter((one) => mirror.latest(one)?.state === 'discarded')
    const change = record.state === 'stuck' ? { state: 'waiting' as const } : {}
    if (record.state === 'stuck' || letsGoOf.length > 0)
      await options.change(() => make([{ id, onlyIn: ['waiting', 'stuck'], change, letsGoOf }]))
    options.hurry()
  }

  async function resend(id: string, edited?: string | Edited): Promise<OutboxRecord> {
    const record = await find(id)
    if (!needsAttention(record))
      throw new PlatformError(
        'bad-input',
        `“${record.title}” cannot be sent anew: it was neither refused nor is it stuck, or was sent anew already.`,
      )
    const { name, version, body, lane, entityId, title, dependsOn, at, user } = record
    const before = { name, version, body, lane, entityId, title, dependsOn, at }
    const changes = typeof edited === 'string' ? { body: edited } : edited
    const { makeUuid, build } = options
    const replacement = {
      ...toNewRecord({ ...before, ...changes }, { user, build, now: clock.now, makeUuid }),
      replaces: id,
    }
    const replacedBy = replacement.id
    const ending: OutboxChange =
      record.state === 'stuck'
        ? { id, onlyIn: ['stuck'], change: { state: 'discarded', endedAt: clock.now(), replacedBy } }
        : { id, onlyIn: ['refused'], change: { replacedBy } }
    await options.change(async () => {
      const made = await make([ending], { replacement })
      if (made.length === 0)
        throw new PlatformError('bad-input', `“${title}” was dealt with in another window already.`)
      return made
    })
    return must(await store.get(replacement.id), 'it was put in the transaction that ended the other')
  }

  async function discard(
    id: string,
    { dependants = 'discard' }: { dependants?: 'discard' | 'release' } = {},
  ): Promise<void> {
    // Those of this moment, which the person saw: one that comes while the store is asked is not decided about, and waits.
    const seen = dependantsOf(id, mirror.unsent(), mirror)
    await find(id)
    const behind = seen.map((one) => mirror.get(one.id) ?? one)
    const gone = { state: 'discarded', endedAt: clock.now() } as const
    const others =
      dependants === 'discard' ? behind.map((one) => giveUp(one.id)) : behind.flatMap((one) => release(one))
    await options.change(async () => {
      const made = await make([{ id, onlyIn: ['waiting', 'stuck', 'refused'], change: gone }, ...others])
      if (made.length > 0) return made
      throw await whyNot(id)
    })

    async function whyNot(id: string): Promise<PlatformError> {
      const record = await find(id)
      const { title, state, replacedBy } = record
      const facts = { state }
      if (state === 'discarded' || replacedBy !== undefined)
        return new PlatformError('bad-input', `“${title}” was dealt with in another window already.`, { facts })
      const why = isAccepted(record)
        ? 'it has been done.'
        : 'it has been sent, and may have been done. Wait for its answer.'
      return new PlatformError('bad-input', `“${title}” cannot be discarded: ${why}`, { facts })
    }

    function giveUp(other: string): OutboxChange {
      return { id: other, onlyIn: ['waiting', 'stuck'], change: gone }
    }

    function release(one: OutboxRecord): readonly OutboxChange[] {
      const letsGoOf = one.dependsOn.filter((other) => other === id || mirror.latest(other)?.id === id)
      return letsGoOf.length === 0 ? [] : [{ id: one.id, onlyIn: ['waiting', 'stuck'], change: {}, letsGoOf }]
    }
  }

  async function make(changes: readonly OutboxChange[], more: Pick<ChangeOptions, 'replacement'> = {}) {
    const made = await store.change(changes, { ...more, isDurable: true, allOrNothing: true })
    return made.filter((record) => record !== undefined)
  }

  async function find(id: string): Promise<OutboxRecord> {
    const record = await store.get(id)
    if (record) return record
    throw new PlatformError('not-found', `This device knows no action ${id}: its history may be gone.`)
  }
}
