/** Unpacks a binary frame: at once, or later where the platform only has an asynchronous way. */
export type Gunzip = (bytes: Uint8Array<ArrayBuffer>) => string | Promise<string>

export const gunzipByStream: Gunzip = (bytes) =>
  new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()

/**
 * Brings text and gzip frames to `deliver` in the order they came, although unpacking may take a while:
 * only while something is being unpacked do later frames wait behind it.
 */
export interface FrameInbox {
  onText(text: string): void
  onBytes(bytes: Uint8Array<ArrayBuffer>): void
  /** Nothing more is delivered, not even what is being unpacked. */
  close(): void
}

export function createFrameInbox(
  gunzip: Gunzip,
  deliver: (text: string) => void,
  onDamaged: (error: unknown) => void,
): FrameInbox {
  let tail: Promise<void> | undefined
  let isOpen = true

  const hand = (text: string) => {
    if (isOpen) deliver(text)
  }
  const enqueue = (text: string | Promise<string>) => {
    const last: Promise<void> = (tail ?? Promise.resolve())
      .then(() => text)
      .then(hand)
      .catch((error: unknown) => {
        if (isOpen) onDamaged(error)
      })
      .finally(() => {
        if (tail === last) tail = undefined
      })
    tail = last
  }
  const unpack = (bytes: Uint8Array<ArrayBuffer>) => {
    try {
      return gunzip(bytes)
    } catch (error) {
      return Promise.reject<string>(error)
    }
  }

  return {
    onText: (text) => {
      if (tail) enqueue(text)
      else hand(text)
    },
    onBytes: (bytes) => {
      const text = unpack(bytes)
      if (tail === undefined && typeof text === 'string') hand(text)
      else enqueue(text)
    },
    close: () => {
      isOpen = false
    },
  }
}
