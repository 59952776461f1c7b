import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { DeviceStore } from '../device-store/device-store.ts'
import type { Surroundings } from '../surroundings.ts'
import type { SharedClient } from '../tabs/shared-client.ts'
import { whileUnsaved } from '../unsaved-input.ts'
import { createOutbox } from './create-outbox.ts'
import type { Outbox, OutboxNudge } from './outbox.ts'
import { toOutboxTransport } from './to-outbox-transport.ts'

/** The client of a page: shared by all tabs, or its own where tabs cannot share. */
export type PageClient = VortexClient & Partial<Pick<SharedClient, 'leadingClient' | 'onLeading' | 'stepDown'>>

/**
 * The outbox of a page, joined to its store and its connection.
 *
 * Of tabs that share a connection the one that holds it sends. Where tabs cannot share, each sends all: logic takes each action
 * once (E2), and in its lane (E3).
 */
export function openOutbox(
  options: { readonly name: string; readonly user: string; readonly isUserKnown: boolean; readonly build: string },
  { client, store, surroundings }: { client: PageClient; store: DeviceStore; surroundings: Surroundings },
): Outbox {
  const { clock, random, makeUuid } = surroundings
  const listeners = new Set<(nudge: OutboxNudge) => void>()
  const nudges = surroundings.openNudges(`${options.name}.outbox`, (nudge) => {
    for (const listener of [...listeners]) listener(nudge)
  })
  // What was under way over a connection that was given up is not waited for: the next sender sends it again.
  const own: Pick<VortexClient, 'act'> = {
    act: (...act) => (client.leadingClient?.() ?? client).act(...act),
  }
  store.onClosed(() => client.stepDown?.())
  const outbox = createOutbox({
    store,
    clock,
    random,
    makeUuid,
    user: options.user,
    build: options.build,
    transport: toOutboxTransport({ ...client, ...own }, options.isUserKnown ? options.user : undefined),
    role: {
      isSender: () => client.leadingClient === undefined || client.leadingClient() !== undefined,
      onRole: (listener) => client.onLeading?.(listener) ?? (() => undefined),
    },
    channel: {
      post: nudges.post,
      onNudge: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    onFirstPush: () => void surroundings.askToPersist().catch(() => false),
  })
  return {
    ...outbox,
    // An update of the app waits until what was just done is on the device.
    push: (action) => whileUnsaved(outbox.push(action)),
    resend: (...resend) => whileUnsaved(outbox.resend(...resend)),
    close: () => {
      outbox.close()
      nudges.close()
    },
  }
}
