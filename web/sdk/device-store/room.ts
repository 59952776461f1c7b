import { DeviceFull } from './device-store.ts'

/** What may be kept in all, in bytes. */
export interface Room {
  /** Throws `DeviceFull`, and then nothing is taken. */
  take(bytes: number): void
  free(bytes: number): void
  /** Tests fill a device up, and free it again. */
  resize(sizeBytesMax: number): void
  usedBytes(): number
}

export function createRoom(sizeBytesMax: number): Room {
  let max = sizeBytesMax
  let used = 0
  return {
    take: (bytes) => {
      if (bytes > 0 && used + bytes > max) throw new DeviceFull()
      used += bytes
    },
    free: (bytes) => {
      used -= bytes
    },
    resize: (next) => {
      max = next
    },
    usedBytes: () => used,
  }
}
