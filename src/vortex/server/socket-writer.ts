import type { DownHead } from '../protocol/down.ts'
import { encodeFrame } from '../protocol/frame.ts'
import type { FramePacker } from './frame-packer.ts'
import type { VortexServerStats } from './server-stats.ts'
import type { Socket } from './socket.ts'

/** Writes frames to one socket until told that the connection is over. */
export interface SocketWriter {
  readonly socket: Socket
  readonly isOpen: boolean
  send(head: DownHead, body?: string): void
  sendText(text: string): void
  /** As it is, without compressing. */
  sendPlain(text: string): void
  end(): void
}

export function createSocketWriter(socket: Socket, pack: FramePacker, stats: VortexServerStats): SocketWriter {
  let isOpen = true
  const sendText = (text: string) => {
    if (!isOpen) return
    const packed = pack(text)
    stats.framesOut += 1
    if (typeof packed === 'string') socket.sendText(packed)
    else socket.sendBytes(packed)
  }
  return {
    socket,
    get isOpen() {
      return isOpen
    },
    send: (head, body) => sendText(encodeFrame(head, body)),
    sendText,
    sendPlain: (text) => {
      if (!isOpen) return
      stats.framesOut += 1
      socket.sendText(text)
    },
    end: () => {
      isOpen = false
    },
  }
}
