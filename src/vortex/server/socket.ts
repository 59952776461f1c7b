/** The half of a websocket that a connection drives. Bun's sockets and the tests' fakes both are one. */
export interface Socket {
  sendText(text: string): void
  sendBytes(bytes: Uint8Array<ArrayBuffer>): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  bufferedBytes(): number
  close(code: number, reason: string): void
  /** Drops a peer that does not answer the closing handshake. */
  terminate(): void
}
