/**
 * Operations: what an administrator asks of a running node. There is one node with one file, so what concerns clusters and
 * index files is accepted and changes nothing.
 */
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'
import type { Access } from '../access/access.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import type { ProtoReader } from '../protobuf/proto-reader.ts'
import type { Scavenger } from '../upkeep/scavenger.ts'
import { admit, type GrpcService } from './grpc-service.ts'
import { RpcFailure, toRpcFailure } from './rpc-failure.ts'
import { rawMethod } from './service-definitions.ts'
import { unwrapOptions } from './shared-messages.ts'

export type OperationsContext = {
  readonly access: Access
  readonly scavenger: Pick<Scavenger, 'start' | 'stop'>
  /** Asked after the caller has its answer. */
  readonly shutDown: () => void
  readonly restartPersistentSubscriptions: () => void | Promise<void>
}

const operations = '/event_store.client.operations.Operations'
const service = 'event_store.client.operations.operations'
const names = [
  'StartScavenge',
  'StopScavenge',
  'Shutdown',
  'MergeIndexes',
  'ResignNode',
  'SetNodePriority',
  'RestartPersistentSubscriptions',
] as const

type OperationName = (typeof names)[number]

const nothing = Buffer.alloc(0)
const scavengeStarted = 0
const scavengeInProgress = 1
const scavengeStopped = 2

export function createOperationsService(context: OperationsContext): GrpcService {
  const perform: Record<OperationName, (request: Buffer) => Buffer | Promise<Buffer>> = {
    StartScavenge: () => startScavenge(context),
    StopScavenge: (request) => stopScavenge(context, request),
    Shutdown: () => {
      setImmediate(context.shutDown)
      return nothing
    },
    MergeIndexes: () => nothing,
    ResignNode: () => nothing,
    SetNodePriority: () => nothing,
    RestartPersistentSubscriptions: async () => {
      await context.restartPersistentSubscriptions()
      return nothing
    },
  }
  return {
    definition: Object.fromEntries(names.map((name) => [name, rawMethod(`${operations}/${name}`, false, false)])),
    handlers: Object.fromEntries(names.map((name) => [name, answerAdmitted(context.access, perform[name])])),
    supported: names.map((name) => ({ service, method: name.toLowerCase() })),
  }
}

function answerAdmitted(access: Access, perform: (request: Buffer) => Buffer | Promise<Buffer>) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const answer = async () => {
      await admit(access, call, { kind: 'operate' })
      return await perform(call.request)
    }
    answer().then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(toRpcFailure(error)),
    )
  }
}

/** Threads and chunks to begin with are for another way of storing: taken note of by nobody. */
function startScavenge({ scavenger }: OperationsContext): Buffer {
  const { scavengeId, isNew } = scavenger.start()
  return encodeScavenge(scavengeId, isNew ? scavengeStarted : scavengeInProgress)
}

async function stopScavenge({ scavenger }: OperationsContext, request: Buffer): Promise<Buffer> {
  const scavengeId = decodeScavengeId(unwrapOptions(request))
  if (await scavenger.stop(scavengeId)) return encodeScavenge(scavengeId, scavengeStopped)
  throw new RpcFailure(status.NOT_FOUND, `No scavenge '${scavengeId}' is under way.`, {
    exception: 'scavenge-not-found',
    'scavenge-id': scavengeId,
  })
}

function decodeScavengeId(reader: ProtoReader): string {
  let scavengeId = ''
  while (reader.next()) {
    if (reader.field === 1) scavengeId = reader.text()
    else reader.skip()
  }
  return scavengeId
}

function encodeScavenge(scavengeId: string, result: number): Buffer {
  return encodeMessage((writer) => {
    writer.text(1, scavengeId)
    writer.uint(2, result)
  })
}
