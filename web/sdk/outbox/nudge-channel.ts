import type { OutboxNudge } from './outbox.ts'

/** One end of what the pages on one store say to each other. */
export type NudgeChannel = { post(nudge: OutboxNudge): void; close(): void }
export type OpenNudgeChannel = (name: string, hear: (nudge: OutboxNudge) => void) => NudgeChannel

export function openNudgeBroadcast(name: string, hear: (nudge: OutboxNudge) => void): NudgeChannel {
  // Pages that cannot hear each other look into the store now and then.
  if (typeof BroadcastChannel === 'undefined') return { post: () => undefined, close: () => undefined }
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isNudge(data)) hear(data)
  }
  return { post: (nudge) => channel.postMessage(nudge), close: () => channel.close() }
}

/** A page of another build may say what this one does not know. */
function isNudge(said: unknown): said is OutboxNudge {
  if (typeof said !== 'object' || said === null || !('t' in said)) return false
  if (said.t === 'pushed') return 'seq' in said && typeof said.seq === 'number'
  if (said.t === 'pushing') return 'token' in said && typeof said.token === 'string'
  return said.t === 'changed' && 'ids' in said && Array.isArray(said.ids)
}
