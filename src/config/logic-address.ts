/**
 * `<home>/run/logic.json`: where the logic that runs in this home has its admin site.
 *
 * Written by logic when it listens and removed when it stops, so that the command line finds it wherever it was told to
 * listen. After a sudden end it stays: then nobody answers there, or the next logic of this home has written it anew.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { writePrivateFile } from './private-file.ts'

const addressPath = (home: string): string => join(home, 'run', 'logic.json')

export function saveLogicAddress(home: string, url: string): void {
  writePrivateFile(addressPath(home), `${JSON.stringify({ url }, null, 2)}\n`)
}

/** Only what this one has written. */
export function removeLogicAddress(home: string, url: string): void {
  if (findLogicAddress(home) === url) rmSync(addressPath(home), { force: true })
}

export function findLogicAddress(home: string): string | undefined {
  try {
    const found = tryParseJson(readFileSync(addressPath(home), 'utf8'))
    return isJsonObject(found) && typeof found.url === 'string' && URL.canParse(found.url) ? found.url : undefined
  } catch {
    return undefined
  }
}

/** How a program on this machine reaches a site that listens there. By number: "localhost" may mean IPv6 first, where it is not. */
export function toLocalUrl(host: string, port: number): string {
  if (['0.0.0.0', 'localhost'].includes(host)) return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`
}
