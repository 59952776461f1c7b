import { type Ask, type AskDown, type CallHead, type Part, partSize, type Reply } from '../protocol/call.ts'

/**
 * Sends asks and replies; a large body follows its head in parts, of which only a few are under way at a time, so that
 * nothing else on the connection ever waits behind more than those (V6).
 *
 * Promises: bodies under way take turns; a frame of a lane goes after all of the lane before it; parts stop with `drop`.
 * Asks: `onTook` for every part that the far side has taken.
 */
export interface BodySender {
  /** Whether bodies may be divided: a far side of an older protocol takes them whole. */
  dividesBodies: boolean
  send(head: Ask | AskDown | Reply, body: string, lane?: string): void
  /** Nobody wants the rest of this one. */
  drop(of: Part['of'], req: number): void
  onTook(count: number): void
  /** The connection is gone, with all that was under way on it. */
  reset(): void
  /** Characters of bodies that wait. */
  waitingSize(): number
}

type Body = {
  readonly of: Part['of']
  readonly req: number
  readonly text: string
  sent: number
  lane: string | undefined
}
type Waiting = { readonly head: Ask | AskDown | Reply; readonly body: string }

/** Half a mebibyte: a beat waits no longer than that takes, and a connection with 50 ms there and back still does 10 MB/s. */
const partsUnderWayMax = 8

export function createBodySender(send: (head: CallHead, body?: string) => void): BodySender {
  let bodies: Body[] = []
  /** By lane, what waits behind the body that is under way in it. */
  const lanes = new Map<string, Waiting[]>()
  let room = partsUnderWayMax
  let waitingSize = 0

  const sender: BodySender = {
    dividesBodies: false,
    send: (head, body, lane) => {
      const behind = lane === undefined ? undefined : lanes.get(lane)
      if (behind) behind.push({ head, body })
      else begin(head, body, lane)
    },
    drop: (of, req) => {
      const dropped = bodies.find((body) => body.of === of && body.req === req)
      if (dropped) finish(dropped)
      else if (of === 'ask') dropWaiting(req)
    },
    onTook: (count) => {
      room = Math.min(partsUnderWayMax, room + count)
      pump()
    },
    reset: () => {
      bodies = []
      lanes.clear()
      room = partsUnderWayMax
      waitingSize = 0
    },
    waitingSize: () => waitingSize,
  }
  return sender

  function begin(head: Ask | AskDown | Reply, text: string, lane: string | undefined): void {
    if (text.length <= partSize || !sender.dividesBodies) return send(head, text)
    if (lane !== undefined && !lanes.has(lane)) lanes.set(lane, [])
    send({ ...head, size: text.length })
    bodies.push({ of: head.k, req: head.req, text, sent: 0, lane })
    waitingSize += text.length
    pump()
  }

  function pump(): void {
    while (room > 0) {
      const body = bodies.shift()
      if (body === undefined) return
      room -= 1
      const end = endOfPart(body.text, body.sent)
      send({ k: 'part', of: body.of, req: body.req }, body.text.slice(body.sent, end))
      waitingSize -= end - body.sent
      body.sent = end
      if (end < body.text.length) bodies.push(body)
      else releaseLane(body.lane)
    }
  }

  function finish(body: Body): void {
    bodies = bodies.filter((one) => one !== body)
    waitingSize -= body.text.length - body.sent
    releaseLane(body.lane)
  }

  /** What waited goes on, up to and with the next large one. */
  function releaseLane(lane: string | undefined): void {
    if (lane === undefined) return
    const waiting = lanes.get(lane) ?? []
    while (waiting.length > 0) {
      const next = waiting.shift()
      if (next === undefined) break
      const isLarge = next.body.length > partSize
      begin(next.head, next.body, lane)
      if (isLarge) return
    }
    lanes.delete(lane)
  }

  function dropWaiting(req: number): void {
    for (const waiting of lanes.values()) {
      const at = waiting.findIndex(({ head }) => head.k === 'ask' && head.req === req)
      if (at >= 0) waiting.splice(at, 1)
    }
  }
}

/** Never between the two halves of one character. */
function endOfPart(text: string, start: number): number {
  const end = start + partSize
  if (end >= text.length) return text.length
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end
}
