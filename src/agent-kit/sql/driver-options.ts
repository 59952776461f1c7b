import type { Redact } from '../guard/redact.ts'

export type SqlDriverOptions = {
  readonly system: string
  readonly url: URL
  readonly tls: true | { readonly ca: string } | undefined
  readonly poolCountMax: number
  readonly statementTimeoutMs: number
  readonly redact: Redact
}
