import type { ServerWebSocket } from 'bun'
import type { Socket } from './socket.ts'

/**
 * Bun's websocket as a `Socket`. Sends on a closing socket are ignored there; a socket over its queue bound is closed
 * by Bun itself (`closeOnBackpressureLimit`), and the caller resumes.
 */
export function fromBunSocket(raw: ServerWebSocket<unknown>): Socket {
  return {
    sendText: (text) => {
      raw.sendText(text)
    },
    sendBytes: (bytes) => {
      raw.sendBinary(bytes)
    },
    subscribe: (topic) => raw.subscribe(topic),
    unsubscribe: (topic) => raw.unsubscribe(topic),
    bufferedBytes: () => raw.getBufferedAmount(),
    close: (code, reason) => raw.close(code, reason),
    terminate: () => raw.terminate(),
  }
}
