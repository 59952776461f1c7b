import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import { type Answer, isFinal } from '../protocol/answer.ts'
import type { WireErrorKind } from '../protocol/wire-error.ts'
import { createHeap, type Heap } from './heap.ts'
import type { SendWindow } from './send-window.ts'

/** What must be known of an action to send it in its turn. */
export type LaneAction = {
  /** Its place in the order of pushing. */
  readonly sequence: number
  readonly id: string
  /** Inside a lane order counts. */
  readonly lane: string
  readonly sizeBytes: number
}

/**
 * Sends what waits, inside a lane in the order it was pushed, lanes taking turns, many at a time.
 *
 *     flowing --one was not taken--> draining --nothing under way--> pausing --back-off--> flowing
 *
 * Promises: what belongs to one lane names the one sent before it until that is final, so that logic takes them in order
 * (E3); after a `failed` answer nothing of the lane is sent until all of it that is under way was answered, then it starts
 * again at the first one, while other lanes go on; one that waits for another holds up its lane, one that is held up by
 * another that a person must decide about holds up nothing; `onFinal` comes once for each.
 * Asks: `send` never rejects; obstacles among actions make no circle.
 */
export interface LaneSender<A extends LaneAction> {
  add(action: A): void
  /** False when it is under way: then its answer decides. */
  remove(sequence: number): boolean
  /** To be called when `canSend` may have become true: waits for no back-off any more. */
  resume(): void
  /** To be called when that of which `obstacleOf` spoke may have changed. */
  recheck(id: string): void
  /** Sends nothing more; resolves when nothing is under way. */
  stop(): Promise<void>
  /** The one that waits longest, and what was last said to one of its lane when it was not taken. */
  oldest(): { readonly action: A; readonly words: string | undefined } | undefined
  waitingCount(): number
  sentCount(): number
}

/** What has to happen first: `waits` for the end of another, or `parked` until a person has decided about it. */
export type Obstacle = { readonly id: string; readonly is: 'waits' | 'parked' }

export type LaneSenderOptions<A extends LaneAction> = {
  readonly clock: Clock
  readonly random: Random
  readonly window: SendWindow
  /** Of one lane. */
  readonly laneInFlightCountMax?: number
  /** Of one lane in one turn: logic takes actions of one entity that come together in one append. */
  readonly turnCountMax?: number
  canSend(): boolean
  obstacleOf?(action: A): Obstacle | undefined
  /** `gone`: it is not to be sent any more. */
  send(action: A, prev: string | undefined): Promise<Answer | 'gone'>
  onFinal(action: A, answer: Answer): void
  /** It has left: if it is to be sent after all, it can be added again. */
  onGone?(action: A): void
}

type Entry<A> = { readonly sequence: number; readonly action: A; readonly lane: Lane<A>; place: Place }
/** `queued`: in its lane's heap. `parked`: beside its lane. `gone`: to be left out where it turns up. */
type Place = 'queued' | 'parked' | 'sent' | 'gone'
type Lane<A> = {
  readonly name: string
  readonly queue: Heap<Entry<A>>
  /** Under way, in the order sent. */
  readonly sent: Set<Entry<A>>
  /** Back from under way without having been taken, until the lane flows again. */
  readonly back: Entry<A>[]
  entryCount: number
  /** Lanes take turns: the one whose turn has the lowest number is next, and first of these the one that has begun its turn. */
  turn: number
  /** How many went in this turn. */
  turnCount: number
  isListed: boolean
  attempt: number
  /** How many may be under way: fewer where they arrive in another order than they were sent. */
  inFlightCountMax: number
  /** Why it was held up last. */
  words: string | undefined
  flow:
    | { readonly is: 'flowing' }
    | { readonly is: 'draining' }
    | { readonly is: 'pausing'; readonly cancel: () => void }
}
type Listing<A> = {
  readonly lane: Lane<A>
  readonly turn: number
  readonly isBegun: boolean
  readonly sequence: number
}

/** The same frame would meet the same refusal for ever, and hold up all that comes after it. */
const hopeless: ReadonlySet<WireErrorKind> = new Set(['bad-frame', 'bad-input', 'too-large', 'wrong-version'])
const flowing = { is: 'flowing' } as const

export function createLaneSender<A extends LaneAction>(options: LaneSenderOptions<A>): LaneSender<A> {
  const { clock, random, window, laneInFlightCountMax = Number.POSITIVE_INFINITY, turnCountMax = 1 } = options
  const lanes = new Map<string, Lane<A>>()
  const waiting = new Map<number, Entry<A>>()
  const list = createHeap<Listing<A>>(comesFirst)
  /** Those that something else must happen before, by what that is. */
  const behind = new Map<string, Set<Entry<A>>>()
  const changed: string[] = []
  let turn = 0
  let sentCount = 0
  let sentBytes = 0
  let isStopped = false
  let onIdle: () => void = () => undefined

  return {
    add,
    remove,
    resume: () => {
      for (const lane of lanes.values()) if (lane.flow.is === 'pausing') flowAgain(lane)
      pump()
    },
    recheck: (id) => {
      recheck(id)
      pump()
    },
    stop: () => {
      isStopped = true
      for (const lane of lanes.values()) if (lane.flow.is === 'pausing') lane.flow.cancel()
      if (sentCount === 0) return Promise.resolve()
      return new Promise((resolve) => {
        onIdle = resolve
      })
    },
    oldest: () => {
      const [entry] = waiting.values()
      return entry && { action: entry.action, words: entry.lane.words }
    },
    waitingCount: () => waiting.size,
    sentCount: () => sentCount,
  }

  function add(action: A): void {
    if (waiting.has(action.sequence)) return
    const lane = lanes.get(action.lane) ?? openLane(action.lane)
    const entry: Entry<A> = { sequence: action.sequence, action, lane, place: 'queued' }
    waiting.set(entry.sequence, entry)
    lane.entryCount++
    enqueue(entry)
    enlist(lane)
    pump()
  }

  function remove(sequence: number): boolean {
    const entry = waiting.get(sequence)
    if (entry === undefined) return true
    if (entry.place === 'sent') return false
    leave(entry)
    // It may have been the one its lane waited behind.
    enlist(entry.lane)
    pump()
    return true
  }

  function openLane(name: string): Lane<A> {
    const lane: Lane<A> = {
      name,
      queue: createHeap((a, b) => a.sequence < b.sequence),
      sent: new Set(),
      back: [],
      entryCount: 0,
      turn: 0,
      turnCount: 0,
      isListed: false,
      attempt: 0,
      inFlightCountMax: laneInFlightCountMax,
      words: undefined,
      flow: flowing,
    }
    lanes.set(name, lane)
    return lane
  }

  /** Among those that take turns, if there is something to send. */
  function enlist(lane: Lane<A>): void {
    if (lane.isListed || lane.flow.is !== 'flowing' || lane.sent.size >= lane.inFlightCountMax) return
    const first = findSendable(lane)
    if (first === undefined) return
    lane.isListed = true
    const isBegun = lane.turnCount > 0 && lane.turn >= turn
    if (!isBegun) lane.turnCount = 0
    list.push({ lane, turn: Math.max(lane.turn, turn), isBegun, sequence: first.sequence })
  }

  function pump(): void {
    while (!isStopped && window.hasRoom(sentCount, sentBytes) && options.canSend()) {
      const listing = list.take()
      if (listing === undefined) return
      const { lane } = listing
      lane.isListed = false
      const entry = lane.flow.is === 'flowing' ? findSendable(lane) : undefined
      if (entry === undefined) continue
      lane.queue.take()
      turn = Math.max(turn, listing.turn)
      lane.turn = listing.turn
      if (++lane.turnCount === turnCountMax) endTurn(lane)
      void transmit(entry)
      enlist(lane)
    }
  }

  function endTurn(lane: Lane<A>): void {
    lane.turn += 1
    lane.turnCount = 0
  }

  /** The first of a lane, unless that waits for another; what is held up steps aside. */
  function findSendable(lane: Lane<A>): Entry<A> | undefined {
    for (let first = lane.queue.peek(); first; first = lane.queue.peek()) {
      const obstacle = first.place === 'queued' ? options.obstacleOf?.(first.action) : undefined
      if (first.place === 'queued' && obstacle === undefined) return first
      if (obstacle) standBehind(obstacle.id, first)
      if (obstacle?.is === 'waits') return undefined
      lane.queue.take()
      if (obstacle) first.place = 'parked'
      if (obstacle) recheck(first.action.id)
    }
    return undefined
  }

  function standBehind(id: string, entry: Entry<A>): void {
    const set = behind.get(id) ?? new Set()
    behind.set(id, set.add(entry))
  }

  /** One that steps aside or comes back changes how it stands with those behind it: a list, since chains may be long. */
  function recheck(id: string): void {
    changed.push(id)
    if (changed.length > 1) return
    for (const next of changed) recheckBehind(next)
    changed.length = 0
  }

  function recheckBehind(id: string): void {
    const entries = behind.get(id)
    behind.delete(id)
    for (const entry of entries ?? []) {
      const obstacle = entry.place === 'parked' ? options.obstacleOf?.(entry.action) : undefined
      if (obstacle?.is === 'parked') standBehind(obstacle.id, entry)
      else if (entry.place === 'parked') {
        enqueue(entry)
        // Those behind it were held up by way of it.
        changed.push(entry.action.id)
      }
      enlist(entry.lane)
    }
  }

  function enqueue(entry: Entry<A>): void {
    entry.place = 'queued'
    entry.lane.queue.push(entry)
  }

  async function transmit(entry: Entry<A>): Promise<void> {
    const { lane, action } = entry
    const prev = [...lane.sent].at(-1)
    entry.place = 'sent'
    lane.sent.add(entry)
    sentCount++
    sentBytes += action.sizeBytes
    const onAnswered = window.onSent()
    const answer = await options.send(action, prev?.action.id)
    onAnswered()
    lane.sent.delete(entry)
    sentCount--
    sentBytes -= action.sizeBytes
    if (answer === 'gone') leave(entry)
    else if (isFinal(answer) || isHopeless(answer)) finish(entry, answer)
    else holdUp(entry, answer)
    if (answer === 'gone') options.onGone?.(action)
    if (lane.flow.is === 'draining' && lane.sent.size === 0 && !isStopped) pauseLane(lane)
    if (isStopped && sentCount === 0) onIdle()
    enlist(lane)
    pump()
  }

  function finish(entry: Entry<A>, answer: Answer): void {
    const { lane } = entry
    lane.attempt = 0
    lane.words = undefined
    lane.inFlightCountMax = Math.min(laneInFlightCountMax, lane.inFlightCountMax + 1)
    leave(entry)
    options.onFinal(entry.action, answer)
  }

  function leave(entry: Entry<A>): void {
    const { lane } = entry
    entry.place = 'gone'
    waiting.delete(entry.sequence)
    if (--lane.entryCount > 0) return
    if (lane.flow.is === 'pausing') lane.flow.cancel()
    lane.flow = flowing
    lanes.delete(lane.name)
  }

  function holdUp(entry: Entry<A>, answer: Answer): void {
    const { lane } = entry
    entry.place = 'queued'
    lane.back.push(entry)
    // The first one says what is wrong; those under way behind it only that they came too early.
    if (lane.flow.is === 'flowing' && answer.outcome !== 'accepted') lane.words = answer.words
    if (lane.flow.is !== 'flowing') return
    lane.flow = { is: 'draining' }
    // It came before the one in front of it, though that was sent first.
    const hasOvertaken = answer.outcome === 'failed' && answer.kind === 'out-of-order'
    if (hasOvertaken) lane.inFlightCountMax = Math.max(1, Math.ceil(lane.sent.size / 2))
  }

  function pauseLane(lane: Lane<A>): void {
    const cancel = clock.after(backOffMs(lane.attempt++, random), () => {
      flowAgain(lane)
      pump()
    })
    lane.flow = { is: 'pausing', cancel }
  }

  function flowAgain(lane: Lane<A>): void {
    if (lane.flow.is === 'pausing') lane.flow.cancel()
    lane.flow = flowing
    // Its last turn came to nothing.
    lane.turn = 0
    lane.turnCount = 0
    for (const entry of lane.back.splice(0)) if (entry.place !== 'gone') enqueue(entry)
    enlist(lane)
  }
}

function comesFirst(a: Listing<unknown>, b: Listing<unknown>): boolean {
  if (a.turn !== b.turn) return a.turn < b.turn
  return a.isBegun === b.isBegun ? a.sequence < b.sequence : a.isBegun
}

/** The frame itself can never be taken. */
export function isHopeless(answer: Answer): boolean {
  return answer.outcome === 'failed' && hopeless.has(answer.kind)
}
