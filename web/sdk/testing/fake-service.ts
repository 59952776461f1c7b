import { canonicalJson } from '#kernel/json.ts'
import { toPosition } from '#kernel/position.ts'
import type { OpenSocket, SocketEvents } from '#vortex/client/socket-like.ts'
import { type ActionEffect, effectsRequestName } from '#vortex/protocol/action-effect.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Ask } from '#vortex/protocol/call.ts'
import type { DownHead } from '#vortex/protocol/down.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'
import { framesOf } from '#vortex/protocol/frame-bundle.ts'
import { parseUpFrame } from '#vortex/protocol/parse-frame.ts'
import { protocolVersion } from '#vortex/protocol/protocol-version.ts'
import type { Row, SelectorPatch } from '#vortex/protocol/row.ts'
import type { Act, Check, Hello, Observe } from '#vortex/protocol/up.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'

/**
 * A service at the far end of in-memory sockets, for tests of screens. It welcomes everybody, answers each observe
 * with `rows`, and keeps actions until the test answers them.
 */
export interface FakeService {
  readonly openSocket: OpenSocket
  /** Sockets that were welcomed and are open. */
  readonly connectionCount: number
  readonly hellos: readonly Hello[]
  readonly acts: readonly (Act & { readonly body: string })[]
  readonly observes: readonly Observe[]
  /** The questions about effects, and what they are answered with. */
  readonly effectsAsked: readonly string[]
  effects: readonly ActionEffect[]
  /** Other questions, and what they are answered with: the question's own body by default, undefined for never. */
  readonly asks: readonly (Ask & { readonly body: string })[]
  replyTo: (ask: Ask, body: string) => { readonly body: string } | { readonly error: WireError } | undefined
  /** Numbers of questions that nobody waits for any more. */
  readonly cancelled: readonly number[]
  /** Of the protocol, as the welcome says. */
  version: number
  /** Of whoever greets. */
  roles: readonly string[]
  /** What the next observe is answered with. */
  rows: readonly Row[]
  /** Whether an observe with this token goes on from there instead; with a token of its own, from that. */
  resumes: (observe: Observe) => { readonly token?: string; readonly position?: string } | undefined
  /** What an observe is refused with for good. */
  refuses: (observe: Observe) => WireError | undefined
  /** Of this name, nothing is said to who observes it. */
  isSilentAbout: string | undefined
  readonly checks: readonly Check[]
  answer(actionId: string, answer: Answer): void
  /** Tells every selector the same, at the next position. */
  patch(patch: { set?: readonly Row[]; del?: readonly string[]; acts?: readonly string[] }): void
  say(head: DownHead, body?: string): void
  /** Breaks every connection; `isUp` says whether new ones are welcomed. */
  drop(): void
  isUp: boolean
}

type Link = { readonly events: SocketEvents; readonly selectors: Map<string, number> }
const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'

export function createFakeService(): FakeService {
  const links = new Set<Link>()
  const hellos: Hello[] = []
  const acts: (Act & { body: string; link: Link })[] = []
  const observes: Observe[] = []
  const effectsAsked: string[] = []
  const checks: Check[] = []
  const asks: (Ask & { body: string })[] = []
  const cancelled: number[] = []
  let version = 0

  const service: FakeService = {
    openSocket,
    resumes: () => undefined,
    refuses: () => undefined,
    isSilentAbout: undefined,
    checks,
    get connectionCount() {
      return links.size
    },
    hellos,
    acts,
    observes,
    effectsAsked,
    effects: [],
    asks,
    replyTo: (_ask, body) => ({ body }),
    cancelled,
    version: protocolVersion,
    roles: [],
    rows: [],
    answer: (actionId, answer) => {
      // One that was sent twice is answered twice.
      for (const { id, link, req } of acts) if (id === actionId) tell(link, { k: 'answer', req, answer })
    },
    patch: ({ set = [], del = [], acts: ids = [] }) => {
      version += 1
      for (const link of links) {
        const one = { token: String(version), position: toFakePosition(version), set, del, acts: ids }
        const patches: SelectorPatch[] = [...link.selectors.values()].map((sel) => ({ ...one, sel }))
        tell(link, { k: 'patch' }, JSON.stringify(patches))
      }
    },
    say: (head, body) => {
      for (const link of links) tell(link, head, body)
    },
    drop: () => {
      for (const link of [...links]) {
        links.delete(link)
        link.events.onClose(1_006, '')
      }
    },
    isUp: true,
  }
  return service

  function openSocket(_url: string, events: SocketEvents) {
    const link: Link = { events, selectors: new Map() }
    queueMicrotask(() => {
      if (service.isUp) events.onOpen()
      else events.onClose(1_006, '')
    })
    return {
      send: (text: string) => {
        for (const frame of framesOf(text)) hear(link, frame)
      },
      close: () => void links.delete(link),
    }
  }

  function hear(link: Link, text: string): void {
    const parsed = parseUpFrame(text)
    if (!parsed.ok) throw new Error(parsed.words)
    const { head, body = '' } = parsed.value
    switch (head.k) {
      case 'hello':
        hellos.push(head)
        links.add(link)
        tell(link, toWelcome(head.device, service))
        break
      case 'act':
        acts.push({ ...head, body, link })
        break
      case 'observe':
        observes.push(head)
        show(link, head)
        break
      case 'ask':
        reply(link, head, body)
        break
      case 'check':
        checks.push(head)
        break
      case 'cancel':
        cancelled.push(head.req)
        break
      default:
        break
    }
  }

  function reply(link: Link, ask: Ask, body: string): void {
    const { req, name } = ask
    if (name === effectsRequestName) return tell(link, { k: 'reply', req }, answerEffects(body))
    asks.push({ ...ask, body })
    const answer = service.replyTo(ask, body)
    if (answer && 'error' in answer) tell(link, { k: 'reply', req, error: answer.error })
    else if (answer) tell(link, { k: 'reply', req }, answer.body)
  }

  function answerEffects(body: string): string {
    effectsAsked.push(body)
    return JSON.stringify({ effects: service.effects })
  }

  function show(link: Link, observe: Observe): void {
    const { obs, name, selector } = observe
    if (name === service.isSilentAbout) return
    const error = service.refuses(observe)
    if (error) return tell(link, { k: 'trouble', obs, error, final: true })
    const key = `${name} ${canonicalJson(selector)}`
    const sel = link.selectors.get(key) ?? link.selectors.size + 1
    link.selectors.set(key, sel)
    const resumed = service.resumes(observe)
    if (resumed) return tell(link, { k: 'resumed', obs, sel, ...resumed })
    const [token, position] = [String(version), toFakePosition(version)]
    tell(
      link,
      { k: 'rows', obs, sel, token, position, keyedBy: ['id'], orderBy: ['word'] },
      JSON.stringify(service.rows),
    )
  }

  function tell(link: Link, head: DownHead, body?: string): void {
    if (links.has(link)) link.events.onText(encodeFrame(head, body))
  }
}

/** The position of the `version`-th patch; `rows` come at 0. */
export function toFakePosition(version: number): string {
  return toPosition(BigInt(version), BigInt(version))
}

function toWelcome(device: string, { version, roles }: FakeService): DownHead {
  const principal = { user: 'guest', device, service: 'field', roles: [...roles] }
  const times = { beatMs: 10_000, silenceMs: 30_000, at: 0 }
  return { k: 'welcome', version, session: 's', service: 'field', instance: id, build: 'b', principal, ...times }
}
