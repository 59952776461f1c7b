/** One protocol service: what it is called on the wire, and what answers. */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { type Access, AccessDenied, type Caller, type IncomingCall, type Operation } from '../access/access.ts'
import type { Statistics } from '../statistics/statistics.ts'
import type { EventLog } from '../streams/event-log.ts'
import type { OpenCalls } from './open-calls.ts'
import type { UnfinishedBytes } from './unfinished-bytes.ts'

export type GrpcService = {
  readonly definition: ServiceDefinition
  readonly handlers: UntypedServiceImplementation
  /** What clients may count on, as `ServerFeatures` tells them. */
  readonly supported: readonly SupportedMethod[]
}

/** Names in lower case, as the protocol has them. */
export type SupportedMethod = {
  readonly service: string
  readonly method: string
  readonly features?: readonly string[]
}

/** What every service needs. */
export type ServiceContext = {
  readonly eventLog: EventLog
  readonly access: Access
  readonly openCalls: OpenCalls
  readonly appendSizeBytesMax: number
  /** Of all calls. */
  readonly unfinishedBytes: UnfinishedBytes
  readonly statistics: Statistics
}

/** The caller, once allowed to do this. Waits only when a password must be compared. */
export function admit(access: Access, call: IncomingCall, operation: Operation): Caller | Promise<Caller> {
  const caller = access.identify(call)
  if (caller instanceof Promise) return caller.then((known) => checked(access, known, operation))
  return checked(access, caller, operation)
}

/** The same question where "no" is an answer rather than the end of the call. */
export function isAdmitted(access: Access, caller: Caller, operation: Operation): boolean {
  try {
    access.check(caller, operation)
    return true
  } catch (error) {
    if (error instanceof AccessDenied) return false
    throw error
  }
}

function checked(access: Access, caller: Caller, operation: Operation): Caller {
  access.check(caller, operation)
  return caller
}
