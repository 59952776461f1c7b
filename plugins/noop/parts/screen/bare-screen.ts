import { gunzipSync } from 'node:zlib'
import type { ActionDefinition, Json, JsonObject } from '#plugin-api'
import type { Service } from '../../shared/services.ts'

/**
 * A device as a gateway sees one, in so few lines that a fault of the platform's own client cannot hide behind it: it
 * speaks the frames of the protocol over a websocket of its own.
 *
 * Promises: every wait ends by `deadlineMs`, and says what it waited for; `close` ends everything.
 */
export interface BareScreen {
  push(action: ActionDefinition, fields: JsonObject, id?: string): Promise<JsonObject>
  /** The whole reply: its head, and the body as it came. */
  ask(name: string, role: Service, input: JsonObject): Promise<{ readonly error: string; readonly body: string }>
  observe(name: string, selector: JsonObject, token?: string): Observation
  close(): void
}

export interface Observation {
  rows(): ReadonlyMap<string, JsonObject>
  /** What the rows came with: `rows` as a whole, or `resumed`. */
  began(): 'rows' | 'resumed' | undefined
  token(): string
  patchCount(): number
  until(what: string, holds: (rows: ReadonlyMap<string, JsonObject>) => boolean): Promise<void>
  unobserve(): void
}

type Watched = {
  obs: number
  sel: number
  token: string
  began: 'rows' | 'resumed' | undefined
  rows: Map<string, JsonObject>
  patchCount: number
  trouble: string
}

const spokenVersions = [3]
export const waitMsMax = 4_000

export async function openScreen(options: {
  site: string
  app: string
  device?: string
  signal: AbortSignal
}): Promise<BareScreen> {
  const { site, app, device = crypto.randomUUID(), signal } = options
  const socket = new WebSocket(`${site.replace(/^http/, 'ws')}/vortex`)
  const listeners = new Set<() => void>()
  const answers = new Map<number, { readonly head: JsonObject; readonly body: string }>()
  const watched = new Map<number, Watched>()
  let lastNumber = 0
  let isWelcome = false
  let ending = ''

  const until = (what: string, holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const finish = (failure?: string): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        listeners.delete(look)
        failure === undefined ? resolve() : reject(new Error(failure))
      }
      const stop = (): void => finish(`${what} was given up`)
      const look = (): void => {
        if (holds()) finish()
        else if (ending) finish(`${ending} before ${what}`)
      }
      const timer = setTimeout(() => finish(`${what} did not come within ${waitMsMax} ms`), waitMsMax)
      signal.addEventListener('abort', stop, { once: true })
      listeners.add(look)
      look()
    })
  const tell = (): void => {
    for (const listener of [...listeners]) listener()
  }
  const send = (head: JsonObject, body?: JsonObject): void =>
    socket.send(body === undefined ? JSON.stringify(head) : `${JSON.stringify(head)}\n${JSON.stringify(body)}`)
  const request = async (what: string, head: JsonObject, body: JsonObject) => {
    const req = ++lastNumber
    send({ ...head, req }, body)
    await until(what, () => answers.has(req))
    const answer = answers.get(req)
    answers.delete(req)
    return answer ?? { head: {}, body: '' }
  }

  socket.binaryType = 'arraybuffer'
  socket.onclose = () => {
    ending ||= 'the connection ended'
    tell()
  }
  socket.onopen = () => {
    const instance = crypto.randomUUID()
    send({ k: 'hello', versions: spokenVersions, role: 'device', name: app, device, instance, build: 'noop' })
  }
  socket.onmessage = ({ data }) => {
    take(typeof data === 'string' ? data : gunzipSync(data).toString())
    tell()
  }

  const take = (text: string): void => {
    const end = text.indexOf('\n')
    const head = parseObject(end < 0 ? text : text.slice(0, end))
    const body = end < 0 ? '' : text.slice(end + 1)
    const one = typeof head.obs === 'number' ? watched.get(head.obs) : undefined
    if (head.k === 'welcome') isWelcome = true
    if (head.k === 'bye') ending = `the service closed (${wordsOf(head.error)})`
    if ((head.k === 'answer' || head.k === 'reply') && typeof head.req === 'number')
      answers.set(head.req, { head, body })
    if (head.k === 'trouble' && one) one.trouble = wordsOf(head.error)
    if (head.k === 'resumed' && one) Object.assign(one, { began: 'resumed', sel: head.sel })
    if (head.k === 'rows' && one)
      Object.assign(one, { began: 'rows', sel: head.sel, token: head.token, rows: toRows(parseList(body)) })
    if (head.k === 'patch') for (const patch of parseList(body)) takePatch(patch)
  }
  const takePatch = (patch: JsonObject): void => {
    for (const one of watched.values()) {
      if (one.sel !== patch.sel) continue
      one.patchCount++
      one.token = String(patch.token)
      if (Array.isArray(patch.del)) for (const key of patch.del) one.rows.delete(String(key))
      for (const [id, row] of toRows(objectsIn(patch.set))) one.rows.set(id, row)
    }
  }

  const close = (): void => {
    ending ||= 'the screen was closed'
    socket.close()
    tell()
  }
  await until('the welcome', () => isWelcome).catch((error: unknown) => {
    close()
    throw error
  })

  return {
    push: async (action, fields, id = crypto.randomUUID()) => {
      const { name, version } = action
      const { head } = await request(`the answer to ${name}`, { k: 'act', id, name, version, at: Date.now() }, fields)
      return isObject(head.answer) ? head.answer : {}
    },
    ask: async (name, role, input) => {
      const ask = { k: 'ask', name, deadlineMs: waitMsMax, to: { role } }
      const { head, body } = await request(`the reply of ${name}`, ask, input)
      return { error: isObject(head.error) ? String(head.error.kind) : '', body }
    },
    observe: (name, selector, token) => {
      const obs = ++lastNumber
      const one: Watched = {
        obs,
        sel: -1,
        token: token ?? '',
        began: undefined,
        rows: new Map(),
        patchCount: 0,
        trouble: '',
      }
      watched.set(obs, one)
      send({ k: 'observe', obs, name, selector, ...(token !== undefined && { token }) })
      return {
        rows: () => one.rows,
        began: () => one.began,
        token: () => one.token,
        patchCount: () => one.patchCount,
        until: async (what, holds) => {
          const seen = (): string => one.trouble || `the rows are ${JSON.stringify([...one.rows.values()])}`
          await until(what, () => one.began !== undefined && holds(one.rows)).catch((error: Error) => {
            throw new Error(`${error.message}; ${seen()}`)
          })
        },
        // It stays among the watched, so that patches which still come are counted.
        unobserve: () => send({ k: 'unobserve', obs }),
      }
    },
    close,
  }
}

function toRows(rows: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(rows.map((row) => [String(row.id), row]))
}

function wordsOf(error: Json | undefined): string {
  return isObject(error) ? `${error.kind}: ${error.words}` : 'without a reason'
}

function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text)
  return isObject(value) ? value : {}
}

function parseList(text: string): readonly JsonObject[] {
  return objectsIn(JSON.parse(text))
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
