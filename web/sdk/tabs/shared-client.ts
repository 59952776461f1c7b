import type { Clock } from '#kernel/clock.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { type RequestLock, standForLeader } from './leader-election.ts'
import { makeRelayClient, type RelayClient } from './relay-client.ts'
import {
  type LeaderNews,
  type OpenTabChannel,
  type RelayMessage,
  relayVersion,
  type Seat,
  type TabRequest,
} from './relay-messages.ts'
import { makeRelayServer, type RelayServer } from './relay-server.ts'
import { makeSwitchingClient } from './switching-client.ts'

/**
 * One websocket for all tabs of a browser (V1): one tab leads and connects, the others go through it.
 *
 * Promises: the same port in every tab; when the leader goes away another tab takes over by itself, actions are
 * sent again with the same ids and observations made again; a leader that stopped answering is replaced.
 */
export interface SharedClient extends VortexClient {
  /** The connection itself, in the tab that holds it. */
  leadingClient(): VortexClient | undefined
  /** Told before the connection of one that led is closed. */
  onLeading(listener: () => void): () => void
  /** Leads no more as long as it lives: another tab has to. */
  stepDown(): void
}

export type SharedClientOptions = {
  /** Tabs with the same name share a connection. */
  readonly name: string
  readonly tab: string
  readonly clock: Clock
  readonly requestLock: RequestLock
  readonly openChannel: OpenTabChannel
  readonly batch: (work: () => void) => void
  makeDirectClient(batch: (work: () => void) => void): VortexClient
}

type Role =
  | { readonly role: 'looking' }
  | { readonly role: 'following'; readonly seat: Seat; readonly relay: RelayClient }
  | { readonly role: 'leading'; readonly leader: string; readonly client: VortexClient; readonly relay: RelayServer }
  | { readonly role: 'closed' }

type LeaderMessage = RelayMessage & { readonly from: 'leader' }

const pingMs = 10_000
/** Counted, not timed: after a sleep the first tick must not find the leader silent for hours. */
const missedPingsMax = 3

export function makeSharedClient(options: SharedClientOptions): SharedClient {
  const { clock, tab } = options
  const name = `${options.name}.${relayVersion}`
  const client = makeSwitchingClient(clock)
  let role: Role = { role: 'looking' }
  let missedPings = 0
  let termCount = 0
  let seatCount = 0
  let cancelPing: () => void = () => undefined
  const leadingListeners = new Set<() => void>()
  const channel = options.openChannel(name, onMessage)
  findLeader()
  keepAsking()
  const election = standForLeader({ requestLock: options.requestLock, name, onLead: lead, onDeposed: follow })

  return {
    ...client,
    leadingClient: () => (role.role === 'leading' ? role.client : undefined),
    onLeading: (listener) => {
      leadingListeners.add(listener)
      return () => leadingListeners.delete(listener)
    },
    stepDown: () => {
      election.resign()
      if (role.role === 'leading') follow()
    },
    close,
  }

  function lead(): void {
    if (role.role === 'closed') return
    leaveRole()
    const direct = options.makeDirectClient((work) =>
      options.batch(() => {
        if (role.role === 'leading') role.relay.batch(work)
        else work()
      }),
    )
    const leader = `${tab}.${++termCount}`
    const relay: RelayServer = makeRelayServer({
      client: direct,
      clock,
      // Once deposed, it must not tell the others that their actions failed: the next leader sends them again.
      post: (news, to) => {
        if (role.role !== 'leading' || role.relay !== relay) return
        const { name, seat } = to ?? {}
        channel.post({
          from: 'leader',
          leader,
          news,
          ...(name !== undefined && { tab: name }),
          ...(seat !== undefined && { seat }),
        })
      },
    })
    role = { role: 'leading', leader, client: direct, relay }
    client.attach(direct)
    relay.announce()
    tellLeading()
  }

  function follow(): void {
    client.detach()
    leaveRole()
    missedPings = 0
    findLeader()
  }

  function onMessage(message: RelayMessage): void {
    if (message.from === 'tab') {
      if (role.role !== 'leading') return
      // Who speaks to another leader has not heard yet that there is this one.
      if ('asks' in message || message.seat.leader !== role.leader) role.relay.present(message.tab)
      else role.relay.hear(message.tab, message.seat.number, message.request)
    } else if (role.role === 'looking' || role.role === 'following') {
      if (message.tab === undefined || message.tab === tab) hearLeader(message)
    }
  }

  function hearLeader(message: LeaderMessage): void {
    missedPings = 0
    const { leader, seat, news } = message
    if (role.role !== 'following' || role.seat.leader !== leader) return meetLeader(message)
    if (seat !== undefined && seat !== role.seat.number) return
    if (news.some(({ t }) => t === 'unknown')) follow()
    else role.relay.hear(news)
  }

  /** A leader not known yet is asked first: what it said to all, or in an earlier seat, may be its last word. */
  function meetLeader({ leader, tab: to, seat, news }: LeaderMessage): void {
    const first = news.find((one): one is LeaderNews & { t: 'state' } => one.t === 'state')
    if (to === tab && seat === undefined && first) sitDown(leader, first)
    else findLeader()
  }

  function sitDown(leader: string, first: LeaderNews & { t: 'state' }): void {
    leaveRole()
    const seat: Seat = { leader, number: ++seatCount }
    const relay = makeRelayClient({ first, batch: options.batch, send: (request) => ask(seat, request) })
    role = { role: 'following', seat, relay }
    ask(seat, { t: 'join' })
    client.attach(relay)
  }

  function keepAsking(): void {
    cancelPing = clock.after(pingMs, () => {
      keepAsking()
      if (role.role !== 'looking' && role.role !== 'following') return
      missedPings += 1
      if (missedPings > missedPingsMax) election.steal()
      else if (role.role === 'following') ask(role.seat, { t: 'ping' })
      else findLeader()
    })
  }

  function findLeader(): void {
    channel.post({ from: 'tab', tab, asks: 'leader' })
  }

  function ask(seat: Seat, request: TabRequest): void {
    channel.post({ from: 'tab', tab, seat, request })
  }

  function leaveRole(): void {
    const last = role
    role = { role: 'looking' }
    if (last.role === 'following') last.relay.close()
    if (last.role === 'leading') {
      tellLeading()
      last.relay.close()
      last.client.close()
    }
  }

  function tellLeading(): void {
    for (const listener of [...leadingListeners]) listener()
  }

  function close(): void {
    if (role.role === 'closed') return
    if (role.role === 'following') ask(role.seat, { t: 'leave' })
    cancelPing()
    client.close()
    leaveRole()
    role = { role: 'closed' }
    election.resign()
    channel.close()
  }
}
