/**
 * The network side: one HTTP/2 server with all services on it. Methods it does not have answer UNIMPLEMENTED.
 *
 * The options avoid what does not work on Bun: nobody here sets a local window size, and messages are allowed to be larger
 * than grpc-js allows by default, because clients send chunks of up to 3 MB around single larger events.
 */
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventLog } from '../streams/event-log.ts'
import { createAppendHandler } from './append-handler.ts'
import { createBatchAppendHandler } from './batch-append-handler.ts'
import { createDeleteHandler } from './delete-handler.ts'
import { OpenCalls } from './open-calls.ts'
import { createReadHandler } from './read-handler.ts'
import { encodeClusterOfOne, encodeSupportedMethods } from './server-info.ts'
import { gossipService, serverFeaturesService, streamsService } from './service-definitions.ts'

export type GrpcServerOptions = {
  readonly eventLog: EventLog
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly appendSizeBytesMax: number
}

export type RunningGrpcServer = {
  readonly port: number
  readonly openCallCount: number
  stop(): Promise<void>
}

const messageSizeBytesMax = 17 * 1_048_576
const farewellMs = 500

export async function startGrpcServer({
  eventLog,
  host,
  port,
  appendSizeBytesMax,
}: GrpcServerOptions): Promise<RunningGrpcServer> {
  const openCalls = new OpenCalls()
  const server = new Server({
    'grpc.max_receive_message_length': messageSizeBytesMax,
    'grpc.max_send_message_length': -1,
  })
  server.addService(streamsService, {
    read: createReadHandler(eventLog, openCalls),
    append: createAppendHandler(eventLog, appendSizeBytesMax),
    batchAppend: createBatchAppendHandler(eventLog, appendSizeBytesMax, openCalls),
    delete: createDeleteHandler(eventLog, 'delete'),
    tombstone: createDeleteHandler(eventLog, 'tombstone'),
  })
  const supportedMethods = encodeSupportedMethods()
  server.addService(serverFeaturesService, { getSupportedMethods: answerWith(() => supportedMethods) })
  const instanceId = newUuid()
  let boundPort = port
  server.addService(gossipService, {
    read: answerWith(() => encodeClusterOfOne({ instanceId, host, port: boundPort, now: eventLog.clock.now() })),
  })
  boundPort = await bind(server, host, port)

  return {
    port: boundPort,
    get openCallCount() {
      return openCalls.count
    },
    stop: () => {
      openCalls.endAll()
      return shutDown(server, eventLog)
    },
  }
}

function answerWith(encode: () => Buffer) {
  return (_call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => callback(null, encode())
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (!error) return resolve(boundPort)
      const words = `The event store cannot listen on ${address}: ${error.message}. Choose another port, or stop who has it.`
      reject(new PlatformError('unavailable', words, { facts: { host, port }, cause: error }))
    })
  })
}

/** Lets answers that are under way leave; who holds on longer is cut off. */
function shutDown(server: Server, { clock }: EventLog): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(farewellMs, () => {
      server.forceShutdown()
      resolve()
    })
    server.tryShutdown(() => {
      cancel()
      resolve()
    })
  })
}
