import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { OutboxStore } from '#web/sdk/device-store/device-store.ts'
import { isUnsent, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import type { Outbox } from '#web/sdk/outbox/outbox.ts'
import { openRealOutbox } from './open-outbox.ts'
import type { OpenOutbox } from './rig-device.ts'

/**
 * Engines with a bug, each of a kind that was found in the wild: a rig that lets one of them pass proves nothing about the
 * engine without it.
 */
export const plantedBugs: readonly { readonly words: string; readonly law: string; readonly open: OpenOutbox }[] = [
  {
    words: 'forgets what was under way when another page takes over',
    law: 'LOST',
    open: withStore((outbox) => ({
      ...outbox,
      unfinished: async () => (await outbox.unfinished()).filter(({ state }) => state !== 'sent'),
    })),
  },
  {
    words: 'gives an action another id when it sends it again',
    law: 'STRANGER',
    open: (place) => {
      const sent = new Set<string>()
      const again = withTransport((act) => (action, ...rest) => {
        const id = sent.has(action.id) ? place.surroundings.makeUuid() : action.id
        sent.add(action.id)
        return act({ ...action, id }, ...rest)
      })
      return again(place)
    },
  },
  {
    words: 'knows from its own memory that all is synced',
    law: 'LIE',
    open: withOutbox((outbox) => ({
      ...outbox,
      status: () => ({ ...outbox.status(), isSynced: !outbox.list().some(isUnsent) }),
    })),
  },
  {
    words: 'says that it is kept before it is',
    law: 'LOST',
    open: withOutbox((outbox) => ({
      ...outbox,
      push: async (action) => {
        const pushed = outbox.push(action)
        pushed.catch(() => undefined)
        const record = { ...action, seq: 0, state: 'waiting' } as unknown
        return { record: record as OutboxRecord, final: pushed.then(({ final }) => final) }
      },
    })),
  },
  {
    words: 'does not say which action of its lane came before',
    law: 'ORDER',
    open: withTransport(
      (act) =>
        ({ prev: _prev, ...action }, ...rest) =>
          act(action, ...rest),
    ),
  },
  {
    words: 'takes an answer that did not come for a refusal',
    law: 'END',
    open: withTransport((act) => async (...pushed) => {
      const answer = await act(...pushed)
      if (answer.outcome !== 'failed' || answer.kind === 'out-of-order') return answer
      return { outcome: 'rejected', kind: answer.kind, words: answer.words, position: '' }
    }),
  },
  {
    words: 'lets an action go before the one it depends on',
    law: 'DEPENDS',
    open: withStore((outbox) => {
      const free = (record: OutboxRecord): OutboxRecord => ({ ...record, dependsOn: [] })
      return {
        ...outbox,
        put: async (action) => free(await outbox.put(action)),
        after: async (seq, countMax) => (await outbox.after(seq, countMax)).map(free),
        unfinished: async () => (await outbox.unfinished()).map(free),
        getMany: async (ids) => (await outbox.getMany(ids)).map(free),
        change: async (changes, how) => (await outbox.change(changes, how)).map((record) => record && free(record)),
      }
    }),
  },
  {
    words: 'drops what waits when the login ends',
    law: 'LOST',
    open: (place) => {
      const { client, store } = place
      client.onState(({ state }) => {
        if (state !== 'refused') return
        void store.outbox
          .unfinished()
          .then((all) => all.map(({ id }) => ({ id, change: { state: 'discarded' as const } })))
          .then((changes) => store.outbox.change(changes))
          .catch(() => undefined)
      })
      return openRealOutbox(place)
    },
  },
]

function withStore(change: (outbox: OutboxStore) => OutboxStore): OpenOutbox {
  return (place) => openRealOutbox({ ...place, store: { ...place.store, outbox: change(place.store.outbox) } })
}

type Act = VortexClient['act']

function withTransport(change: (act: Act) => Act): OpenOutbox {
  return ({ client, ...place }) => {
    const leadingClient = (): VortexClient | undefined => {
      const leading = client.leadingClient?.()
      return leading && { ...leading, act: change(leading.act) }
    }
    return openRealOutbox({ ...place, client: { ...client, act: change(client.act), leadingClient } })
  }
}

function withOutbox(change: (outbox: Outbox) => Outbox): OpenOutbox {
  return (place) => change(openRealOutbox(place))
}
