/** The half of a websocket that the client drives. Browsers, Bun and the tests' fakes all provide one. */
export interface SocketLike {
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** What a socket tells; `onClose` comes once, also when it never opened. */
export interface SocketEvents {
  onOpen(): void
  onText(text: string): void
  onBytes(bytes: Uint8Array<ArrayBuffer>): void
  onClose(code: number, reason: string): void
}

export type OpenSocket = (url: string, events: SocketEvents) => SocketLike

/** A real websocket. Throws what `new WebSocket` throws for an address that is none. */
export function openWebSocket(url: string, events: SocketEvents): SocketLike {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => events.onOpen()
  socket.onclose = ({ code, reason }) => events.onClose(code, reason)
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') events.onText(data)
    else if (data instanceof ArrayBuffer) events.onBytes(new Uint8Array(data))
  }
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: (code, reason) => socket.close(code, reason),
  }
}
