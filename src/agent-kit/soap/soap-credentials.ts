import { BasicAuthSecurity, BearerSecurity, type ISecurity, WSSecurity } from 'soap'
import { unreachable } from '#kernel/assert.ts'

/** As whom a SOAP service knows us: in a header of HTTP, or in the envelope (`ws-security`). */
export type SoapCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | {
      readonly kind: 'ws-security'
      readonly username: string
      readonly password: string
      /** `digest`: the password itself does not travel. */
      readonly passwordAs?: 'text' | 'digest'
    }

export function toSecurity(credentials: SoapCredentials): ISecurity {
  switch (credentials.kind) {
    case 'basic':
      return new BasicAuthSecurity(credentials.username, credentials.password)
    case 'bearer':
      return new BearerSecurity(credentials.token)
    case 'ws-security': {
      const passwordType = credentials.passwordAs === 'text' ? 'PasswordText' : 'PasswordDigest'
      return new WSSecurity(credentials.username, credentials.password, { passwordType })
    }
    default:
      return unreachable(credentials)
  }
}

export function secretsOf(credentials: SoapCredentials): string[] {
  if (credentials.kind === 'bearer') return [credentials.token]
  const { username, password } = credentials
  return [password, Buffer.from(`${username}:${password}`).toString('base64')]
}
