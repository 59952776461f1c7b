/** Secrets we make ourselves. */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { ensureHome, readOrWritePrivateFile } from './private-file.ts'

/** Without letters and digits that look alike: people type these from a screen. */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const serviceSecretLength = 40

export function makeSecret(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** The secret the services of one home share: made by the first that asks, read by the others. */
export function serviceSecretOf(home: string): string {
  ensureHome(home)
  return readOrWritePrivateFile(join(home, 'service-secret'), () => makeSecret(serviceSecretLength)).trim()
}
