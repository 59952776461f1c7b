/** The `authorization` header of a call: `Basic` and, in base64, `name:password`. */
import { NotAuthenticated } from './access.ts'

export type Credentials = { readonly name: string; readonly password: string }

const headerLengthMax = 4_096
/** Of a user's name: what is remembered about attempts stays small. */
export const nameLengthMax = 128

export function parseBasicCredentials(header: string | Buffer): Credentials {
  const encoded = /^basic +([a-z0-9+/=_-]+)$/i.exec(String(header).slice(0, headerLengthMax + 1))?.[1]
  if (encoded === undefined || header.length > headerLengthMax)
    throw new NotAuthenticated('The authorization header is not understood. Send user name and password as "Basic".')
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || colon > nameLengthMax)
    throw new NotAuthenticated('The authorization header names no user. Send "name:password", encoded in base64.')
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
