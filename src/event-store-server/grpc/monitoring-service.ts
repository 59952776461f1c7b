/**
 * Monitoring.Stats: the server's statistics, once at the beginning and then every so often, until the caller hangs up.
 *
 * A period of 0 means the shortest. A caller who does not read is not written to either: a look that would have to wait
 * is left out.
 */
import type { ServerWritableStream } from '@grpc/grpc-js'
import type { Operation } from '../access/access.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import { isGivenUp } from './given-up.ts'
import { admit, type GrpcService, type ServiceContext } from './grpc-service.ts'
import { toRpcFailure } from './rpc-failure.ts'
import { monitoringService } from './service-definitions.ts'

/** A look at the statistics of now; each call to Stats has one of its own. */
export type LookAtStatistics = () => Promise<ReadonlyMap<string, string>>

const periodMsMin = 100
const periodMsMax = 3_600_000

export function createMonitoringService(context: ServiceContext, createLook: () => LookAtStatistics): GrpcService {
  return {
    definition: monitoringService,
    handlers: {
      stats: (call: ServerWritableStream<Buffer, Buffer>): void => {
        sendStatistics(context, call, createLook()).catch((error: unknown) => call.emit('error', toRpcFailure(error)))
      },
    },
    supported: [{ service: 'event_store.client.monitoring.monitoring', method: 'stats' }],
  }
}

async function sendStatistics(
  { access, openCalls, eventLog: { clock } }: ServiceContext,
  call: ServerWritableStream<Buffer, Buffer>,
  look: LookAtStatistics,
): Promise<void> {
  const periodMs = decodePeriod(call.request)
  const looking: Operation = { kind: 'look-at-statistics' }
  const caller = await admit(access, call, looking)
  let isOver = false
  let isFull = false
  let cancel = (): void => undefined
  let forget = (): void => undefined
  let stopWatching = (): void => undefined
  const close = (): void => {
    isOver = true
    cancel()
    forget()
    stopWatching()
  }
  const fail = (error: unknown): void => {
    if (isOver) return
    close()
    call.emit('error', toRpcFailure(error))
  }
  forget = openCalls.add(fail)
  stopWatching = access.watch(caller, looking, fail)
  call.on('cancelled', close)
  call.on('close', close)
  if (isGivenUp(call)) close()
  call.on('drain', () => {
    isFull = false
  })

  const send = async (): Promise<void> => {
    if (!isFull) {
      const message = encodeStatistics(await look())
      if (isOver) return
      isFull = !call.write(message)
    }
    cancel = clock.after(periodMs, () => void send().catch(fail))
  }
  if (!isOver) await send().catch(fail)
}

function decodePeriod(request: Buffer): number {
  const reader = new ProtoReader(request)
  let periodMs = 0
  while (reader.next()) {
    if (reader.field === 4) periodMs = reader.uint()
    else reader.skip()
  }
  return Math.min(Math.max(periodMs, periodMsMin), periodMsMax)
}

function encodeStatistics(statistics: ReadonlyMap<string, string>): Buffer {
  return encodeMessage((writer) => {
    for (const [name, value] of statistics)
      writer.message(1, (entry) => {
        entry.text(1, name)
        entry.text(2, value)
      })
  })
}
