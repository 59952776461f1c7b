import type { Random } from '#kernel/random.ts'
import type { OpenSocket, SocketEvents } from '#vortex/client/socket-like.ts'
import type { Socket } from '#vortex/server/socket.ts'
import type { VortexServer } from '#vortex/server/vortex-server.ts'
import type { VirtualTime } from './virtual-time.ts'

/**
 * Websockets through a bad network, in memory.
 *
 * Inside one connection frames keep their order, as TCP keeps it; what is lost is lost up to the end of the connection.
 * Reordering is what it is in reality: between connections, when the frames of an old one arrive after those of the next.
 * A duplicate is a frame that arrives twice in a row: no websocket does that, but a device or a proxy that sends again does,
 * and law E2 does not ask who.
 */
export interface Network {
  /** What a program at `line` dials with; `find` is whoever listens at that moment. */
  dialler(line: Line, find: () => Listener | undefined): OpenSocket
  /** Ends every connection of the line: what is under way arrives or not, by chance. */
  cut(line: Line): void
  /** Connections of the line that are dead without anybody having been told are ended. */
  endDead(line: Line): void
}

/** The way between two machines, as it is just now. */
export type Line = {
  readonly name: string
  /** Nothing can be dialled, and what is sent on open connections is lost in this direction. */
  losesUp: boolean
  losesDown: boolean
  /** Dialling fails at once. */
  isCut: boolean
  delayMsMax: number
  duplicateChance: number
  /** How long frames of a connection that was given up may still be on their way. */
  lateMsMax: number
}

export function createLine(name: string): Line {
  return { name, losesUp: false, losesDown: false, isCut: false, delayMsMax: 40, duplicateChance: 0, lateMsMax: 0 }
}

/** A server process that can be dialled; gone with it. */
export interface Listener {
  accept(socket: Socket): ReturnType<VortexServer['accept']>
  joined(socket: Socket, topic: string): void
  left(socket: Socket, topic: string): void
  /** The process is gone: `isSilent` when even the machine is, so that nobody is told. */
  die(isSilent: boolean): void
  onDeath(listener: (isSilent: boolean) => void): () => void
}

export function listenOn(vortex: Pick<VortexServer, 'accept' | 'attach'>): Listener {
  const topics = new Map<string, Set<Socket>>()
  const deaths = new Set<(isSilent: boolean) => void>()
  vortex.attach({
    publish: (topic, data) => {
      for (const socket of topics.get(topic) ?? [])
        if (typeof data === 'string') socket.sendText(data)
        else if (data instanceof Uint8Array) socket.sendBytes(new Uint8Array(data))
      return 0
    },
  })
  return {
    accept: (socket) => vortex.accept(socket, { address: 'in memory', cookie: null }),
    joined: (socket, topic) => {
      const ofTopic = topics.get(topic) ?? new Set<Socket>()
      topics.set(topic, ofTopic.add(socket))
    },
    left: (socket, topic) => void topics.get(topic)?.delete(socket),
    die: (isSilent) => {
      for (const tell of [...deaths]) tell(isSilent)
    },
    onDeath: (listener) => {
      deaths.add(listener)
      return () => void deaths.delete(listener)
    },
  }
}

type Wire = { readonly cut: () => void; readonly endIfDead: () => void }

const isWorthDoubling = (frame: string | Uint8Array): boolean =>
  typeof frame === 'string' && /"k":"(act|answer)"/.test(frame.slice(0, 400))

export function createNetwork({ time, random }: { time: VirtualTime; random: Random }): Network {
  const wires = new Map<Line, Set<Wire>>()
  const wiresOf = (line: Line): Set<Wire> => {
    const found = wires.get(line) ?? new Set<Wire>()
    wires.set(line, found)
    return found
  }
  return {
    dialler: (line, find) => (_url, events) => connect({ line, find, events, time, random, wires: wiresOf(line) }),
    cut: (line) => {
      for (const wire of [...wiresOf(line)]) wire.cut()
    },
    endDead: (line) => {
      for (const wire of [...wiresOf(line)]) wire.endIfDead()
    },
  }
}

function connect(options: {
  line: Line
  find: () => Listener | undefined
  events: SocketEvents
  time: VirtualTime
  random: Random
  wires: Set<Wire>
}): ReturnType<OpenSocket> {
  const { line, find, events, time, random, wires } = options
  const delay = (): number => 1 + random() * line.delayMsMax
  let isClientOpen = true
  let isServerOpen = false
  /** Frames of this direction never arrive any more: what came after would show the gap. */
  let isUpDead = false
  let isDownDead = false
  let lastUpAt = 0
  /** Frames of a connection that its client gave up may be held up somewhere, and arrive long after those of the next. */
  let heldUntil = 0
  let lastDownAt = 0
  let server: ReturnType<Listener['accept']> | undefined
  let listener: Listener | undefined
  let forgetDeath: () => void = () => undefined
  const joined = new Set<string>()

  const socket: Socket = {
    sendText: (text) => sendDown(text),
    sendBytes: (bytes) => sendDown(bytes),
    subscribe: (topic) => {
      joined.add(topic)
      listener?.joined(socket, topic)
    },
    unsubscribe: (topic) => {
      joined.delete(topic)
      listener?.left(socket, topic)
    },
    bufferedBytes: () => 0,
    close: (code, reason) => {
      leaveServer()
      down(() => closeClient(code, reason))
    },
    terminate: () => {
      leaveServer()
      down(() => closeClient(1_006, ''))
    },
  }
  const wire: Wire = {
    cut: () => {
      // What is under way gets through up to some moment, and nothing after it.
      const upAt = time.now() + random() * line.delayMsMax
      const downAt = time.now() + random() * line.delayMsMax
      time.after(upAt - time.now(), () => {
        isUpDead = true
        closeServer()
      })
      time.after(downAt - time.now(), () => {
        isDownDead = true
        closeClient(1_006, '')
      })
    },
    endIfDead: () => {
      if (isUpDead || isDownDead) wire.cut()
    },
  }
  wires.add(wire)
  time.after(delay(), open)

  return {
    send: (text) => {
      if (isClientOpen) sendUp(text)
    },
    close: () => {
      if (!isClientOpen) return
      isClientOpen = false
      heldUntil = time.now() + random() * line.lateMsMax
      up(closeServer)
      endIfOver()
    },
  }

  function open(): void {
    if (!isClientOpen) return
    if (line.losesUp || line.losesDown) return
    listener = find()
    if (line.isCut || !listener) return closeClient(1_006, '')
    isServerOpen = true
    forgetDeath = listener.onDeath((isSilent) => {
      leaveServer()
      if (isSilent) isDownDead = true
      else down(() => closeClient(1_006, ''))
    })
    server = listener.accept(socket)
    down(() => isClientOpen && events.onOpen())
  }

  function sendUp(text: string): void {
    const copies = random() < line.duplicateChance && isWorthDoubling(text) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) up(() => isServerOpen && server?.onText(text))
  }

  function sendDown(frame: string | Uint8Array<ArrayBuffer>): void {
    if (!isServerOpen) return
    const copies = random() < line.duplicateChance && isWorthDoubling(frame) ? 2 : 1
    for (let copy = 0; copy < copies; copy++)
      down(() => {
        if (!isClientOpen) return
        if (typeof frame === 'string') events.onText(frame)
        else events.onBytes(frame)
      })
  }

  function up(work: () => void): void {
    if (line.losesUp) isUpDead = true
    lastUpAt = Math.max(lastUpAt, heldUntil, time.now() + delay())
    const arrive = (): void => {
      if (heldUntil > time.now()) time.after(heldUntil - time.now(), arrive)
      else if (!isUpDead) work()
    }
    time.after(lastUpAt - time.now(), arrive)
  }

  function down(work: () => void): void {
    if (line.losesDown) isDownDead = true
    lastDownAt = Math.max(lastDownAt, time.now() + delay())
    time.after(lastDownAt - time.now(), () => {
      if (!isDownDead) work()
    })
  }

  function closeServer(): void {
    if (!isServerOpen) return
    const closing = server
    leaveServer()
    closing?.onSocketClosed()
  }

  function leaveServer(): void {
    if (!isServerOpen) return
    isServerOpen = false
    forgetDeath()
    for (const topic of joined) listener?.left(socket, topic)
    endIfOver()
  }

  function closeClient(code: number, reason: string): void {
    if (!isClientOpen) return
    isClientOpen = false
    events.onClose(code, reason)
    closeServer()
    endIfOver()
  }

  function endIfOver(): void {
    if (!isClientOpen && !isServerOpen) wires.delete(wire)
  }
}
