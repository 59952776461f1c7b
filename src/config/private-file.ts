/** Files only their owner may read, written whole or not at all. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

const privateFolderMode = 0o700
const privateFileMode = 0o600
/** Others may pass through to a folder they own inside, and see nothing on the way. */
const passableFolderMode = 0o711

/**
 * The home folder itself. As root the embedded PostgreSQL runs as another user, who has to walk through it to his own
 * folder; everything else inside is private.
 */
export function ensureHome(home: string): void {
  if (existsSync(home)) return
  mkdirSync(home, { recursive: true, mode: privateFolderMode })
  if (process.getuid?.() === 0) chmodSync(home, passableFolderMode)
}

export function ensurePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: privateFolderMode })
}

/** Replaces the file in one step: a reader, or a crash at any moment, sees the old text or the new one. */
export function writePrivateFile(file: string, text: string): void {
  const draft = writeDraft(file, text)
  try {
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** The text of the file; when there is none yet, it is written first. Of several at once one wins, for all of them. */
export function readOrWritePrivateFile(file: string, makeText: () => string): string {
  if (!existsSync(file)) {
    const draft = writeDraft(file, makeText())
    try {
      linkSync(draft, file)
    } catch (error) {
      if (!existsSync(file)) throw error
    } finally {
      rmSync(draft, { force: true })
    }
  }
  return readFileSync(file, 'utf8')
}

function writeDraft(file: string, text: string): string {
  ensurePrivateFolder(dirname(file))
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}-${randomBytes(4).toString('hex')}`)
  const descriptor = openSync(draft, 'wx', privateFileMode)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return draft
}
