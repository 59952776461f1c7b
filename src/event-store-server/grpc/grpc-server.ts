/**
 * The network side: one HTTP/2 server with all services on it. Methods it does not have answer UNIMPLEMENTED.
 *
 * The options avoid what does not work on Bun: nobody here sets a local window size, and messages are allowed to be larger
 * than grpc-js allows by default, because clients send chunks of up to 3 MB around single larger events.
 */
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Clock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { answerEarly } from './answer-early.ts'
import type { GrpcService } from './grpc-service.ts'
import type { OpenCalls } from './open-calls.ts'

export type GrpcServerOptions = {
  readonly services: readonly GrpcService[]
  readonly openCalls: OpenCalls
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  /** Of a client whose connection still looks open: after this it is taken for gone, and its calls are over. */
  readonly silenceMsMax: number
  readonly credentials?: ServerCredentials
}

export type RunningGrpcServer = {
  readonly port: number
  stop(): Promise<void>
}

const messageSizeBytesMax = 17 * 1_048_576
const farewellMs = 500

export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const { services, openCalls, host, clock, silenceMsMax, credentials = ServerCredentials.createInsecure() } = options
  const server = new Server({
    'grpc.max_receive_message_length': messageSizeBytesMax,
    'grpc.max_send_message_length': -1,
    interceptors: [answerEarly(clock)],
    // A machine that loses its power or its network closes nothing: who does not answer a ping either is gone.
    'grpc.keepalive_time_ms': Math.ceil(silenceMsMax / 3),
    'grpc.keepalive_timeout_ms': Math.ceil((silenceMsMax * 2) / 3),
  })
  for (const { definition, handlers } of services) server.addService(definition, handlers)
  const port = await bind(server, { host, port: options.port, credentials })
  return {
    port,
    stop: () => {
      openCalls.endAll()
      return shutDown(server, clock)
    },
  }
}

type Place = { readonly host: string; readonly port: number; readonly credentials: ServerCredentials }

function bind(server: Server, { host, port, credentials }: Place): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, boundPort) => {
      if (!error) return resolve(boundPort)
      const words = `The event store cannot listen on ${address}: ${error.message}. Choose another port, or stop who has it.`
      reject(new PlatformError('unavailable', words, { facts: { host, port }, cause: error }))
    })
  })
}

/** Lets answers that are under way leave; who holds on longer is cut off. */
function shutDown(server: Server, clock: Clock): Promise<void> {
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
