/** Files only the user who runs the server may read: keys, first passwords. And what stands beside them for everybody. */
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

export function writePrivateFile(path: string, text: string): void {
  writeWhole(path, text, 0o600)
}

/** For what others are meant to read, such as the certificate of an authority. */
export function writePublicFile(path: string, text: string): void {
  writeWhole(path, text, 0o644)
}

/** Whole or not at all: what is read after a crash is the old text or the new. */
function writeWhole(path: string, text: string, mode: number): void {
  const draft = `${path}.${process.pid}.draft`
  const file = openSync(draft, 'w', mode)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}

/** Takes away what others may do with the file; true when they could do something. */
export function closeToOthers(path: string): boolean {
  const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
  if (isOpen) chmodSync(path, 0o600)
  return isOpen
}
