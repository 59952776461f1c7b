import { gunzipSync } from 'node:zlib'
import { gzipFromBytes } from '../protocol/limits.ts'
import type { Parsed } from '../protocol/parse.ts'

/** A frame as it goes out: small ones as text, large ones as gzip of the same text. */
export type PackedFrame = string | Uint8Array<ArrayBuffer>
export type FramePacker = (text: string) => PackedFrame

/**
 * Packs frames for one server. It remembers the last large frame, because one text often goes to many
 * sessions in a row and must be compressed once (measured: compression would cost more than all the rest).
 */
export function createFramePacker(): FramePacker {
  let lastText = ''
  let lastBytes: Uint8Array<ArrayBuffer> | undefined
  return (text) => {
    if (text.length < gzipFromBytes) return text
    if (lastBytes === undefined || text !== lastText) {
      lastBytes = Bun.gzipSync(text, { level: 1 })
      lastText = text
    }
    return lastBytes
  }
}

/** The text inside a binary frame; the bound holds while unpacking, so that a small bomb stays small. */
export function unpackFrame(bytes: Uint8Array, sizeBytesMax: number): Parsed<string> {
  try {
    const unpacked = gunzipSync(bytes, { maxOutputLength: sizeBytesMax })
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(unpacked) }
  } catch {
    return {
      ok: false,
      words: `found ${bytes.length} bytes, wanted gzip of UTF-8 text of at most ${sizeBytesMax} bytes`,
    }
  }
}
