/**
 * One law of the protocol, and what it is given to check it.
 *
 * A case is written once and run by each client under each runtime, several at a time, against a server that others use
 * too and that keeps what earlier runs left: it names its streams and groups by `newStream` and `newGroup`, assumes
 * nothing about the rest of the log, and asserts with `node:assert`, which both runtimes have.
 */
import type { ClientKind, ConformanceClient, Credentials } from './conformance-client.ts'
import { type ConnectionChange, hasUsers } from './connection-strings.ts'
import type { SecureServer, ServerOfACase } from './server-of-a-case.ts'

export type CaseContext = {
  /** Shared by the cases of this process. */
  readonly client: ConformanceClient
  /** A further client, closed when all cases are over; `query` is added to the connection string. */
  openClient(
    change?: ConnectionChange & { readonly server?: Pick<ServerOfACase, 'connectionString'> },
  ): ConformanceClient
  /** A name nobody has used, of this category. */
  newStream(category?: string): string
  newGroup(): string
  /** A word nobody has used, for event types and categories. */
  newWord(): string
  /** Somebody the server lets do everything. */
  readonly admin: Credentials
  /** Of the server all cases are asked of. */
  readonly connectionString: string
  /** A server for this case alone, stopped after it: the case says `breaksConnections`. */
  startServer(): Promise<ServerOfACase>
  /** A server with TLS and users, shared by the cases that ask for it. */
  getSecureServer(): Promise<SecureServer>
  /** Run after the case, the last first, whether it held or not. */
  onEnd(cleanUp: () => unknown): void
}

export type CaseBody = (context: CaseContext) => Promise<void>

export type CaseTerms = {
  /** Why it cannot run against a server that is not ours. */
  readonly ownServerOnly?: string
  /** It asks a server with TLS and users: one of ours, or a foreign one that has them. */
  readonly asksUsers?: boolean
  /** Why it must run alone: it makes a client lose its connection. */
  readonly breaksConnections?: string
  /** The clients that can say what the case says; all when absent. */
  readonly clients?: readonly ClientKind[]
  readonly deadlineMs?: number
}

export type ConformanceCase = CaseTerms & { readonly title: string; readonly body: CaseBody }

/** The cases of one subject: laws by their words, which continue the subject's. */
export function conformanceCases(
  subject: string,
  laws: Readonly<Record<string, CaseBody | readonly [terms: CaseTerms, body: CaseBody]>>,
): readonly ConformanceCase[] {
  return Object.entries(laws).map(([law, given]) => {
    const [terms, body] = typeof given === 'function' ? [{}, given] : given
    return { ...terms, title: `${subject} ${law}`, body }
  })
}

export type JudgedServer = { readonly connectionString: string; readonly isOurs: boolean }

/** Why the case cannot be asked of this server; undefined when it can. */
export function whyOutOfReach({ ownServerOnly, asksUsers }: CaseTerms, server: JudgedServer): string | undefined {
  if (server.isOurs) return undefined
  return (
    ownServerOnly ?? (asksUsers && !hasUsers(server.connectionString) ? 'it needs TLS and an administrator' : undefined)
  )
}

export function isForClient({ clients }: ConformanceCase, kind: ClientKind): boolean {
  return clients?.includes(kind) ?? true
}
