/**
 * The moments at which a crash is interesting: each is a place in the code where something is half done.
 *
 * The server calls `ReachStep` as it passes one. In use nobody listens; a test kills the process there and then looks at
 * what the next start makes of the file.
 */
export type Step =
  | 'append:begun'
  | 'append:inserted'
  | 'append:committed'
  | 'append:answered'
  | 'index:begun'
  | 'index:inserted'
  | 'index:committed'
  | 'checkpoint:begun'
  | 'checkpoint:done'
  | 'scavenge:started'
  | 'scavenge:removing'
  | 'scavenge:removed'
  | 'scavenge:walked'
  | 'scavenge:given-back'
  | 'scavenge:recorded'
  | 'persistent-subscription:config-written'
  | 'persistent-subscription:ack-taken'
  | 'persistent-subscription:checkpoint-written'
  | 'persistent-subscription:parked-written'
  | 'persistent-subscription:replay-begun'
  | 'persistent-subscription:parked-truncated'

export type ReachStep = (step: Step) => void

export const passBy: ReachStep = () => undefined
