/** Files only the user who runs the server may read: keys, first passwords, the store. And what stands beside them for everybody. */
import { chmodSync, closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'

const privateMode = 0o600
const publicMode = 0o644

export function writePrivateFile(path: string, text: string): void {
  writeWhole(path, text, privateMode, renameSync)
}

/** For what others are meant to read, such as the certificate of a server. */
export function writePublicFile(path: string, text: string): void {
  writeWhole(path, text, publicMode, renameSync)
}

/** Of several who do this at the same time, the file of the first stays: who needs what is in it reads it afterwards. */
export function beginPrivateFile(path: string, text: string): void {
  writeWhole(path, text, privateMode, putUnlessThere)
}

export function beginPublicFile(path: string, text: string): void {
  writeWhole(path, text, publicMode, putUnlessThere)
}

/**
 * Makes an empty file that others may not read, for somebody who cannot say so. One that is there is left as it is and not
 * even opened: closing it would take away the locks this process may have on it.
 */
export function reservePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', privateMode))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Whole or not at all: what is read after a crash is the old text or the new. */
function writeWhole(path: string, text: string, mode: number, putInPlace: (draft: string, path: string) => void): void {
  const draft = `${path}.${process.pid}.draft`
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', mode)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  putInPlace(draft, path)
}

function putUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    // Some file systems know no links. There the last one stays.
    if (codeOf(error) !== 'EEXIST') return renameSync(draft, path)
  }
  rmSync(draft)
}

/** Takes away what others may do with the file; true when they could do something. */
export function closeToOthers(path: string): boolean {
  const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
  if (isOpen) chmodSync(path, privateMode)
  return isOpen
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
