import { guestUser } from '#vortex/protocol/principal.ts'
import { openOutbox } from '#web/sdk/outbox/open-outbox.ts'
import type { OpenOutbox } from './rig-device.ts'

/** The real engine in a tab of the rig, joined to its store and connection as a page joins it. */
export const openRealOutbox: OpenOutbox = ({ build, ...place }) =>
  openOutbox({ name: 'peek.field.guest', user: guestUser, isUserKnown: true, build }, place)
