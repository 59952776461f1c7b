/**
 * The event store in a process of its own that tells what it costs: `bun event-store-host.ts <file>`, with an IPC channel.
 *
 * First it says where it listens and every method it has, whoever registered it; then it answers each message with its
 * memory after a garbage collection and what it still holds.
 */
import { Server, type ServiceDefinition } from '@grpc/grpc-js'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { must } from '#kernel/assert.ts'
import { createLog } from '#kernel/log.ts'

export type HostMethod = {
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
}

export type HostReport =
  | { readonly kind: 'ready'; readonly port: number; readonly connectionString: string; readonly methods: HostMethod[] }
  | { readonly kind: 'cost'; readonly heapBytes: number; readonly residentBytes: number; readonly openCalls: number }
  | { readonly kind: 'trouble'; readonly words: string }

if (import.meta.main) await serve(must(process.argv[2], 'the file is the first argument'))

async function serve(file: string): Promise<void> {
  const tell = (report: HostReport) => process.send?.(report)
  const methods = recordMethods()
  const log = createLog('event-store', (line) => {
    if (line.level === 'error') tell({ kind: 'trouble', words: JSON.stringify(line) })
  })
  process.on('uncaughtException', (error) => tell({ kind: 'trouble', words: `uncaught: ${error.stack}` }))
  process.on('unhandledRejection', (reason) => tell({ kind: 'trouble', words: `unhandled: ${reason}` }))
  process.on('disconnect', () => process.exit(0))
  const server = await startEventStoreServer({ file, port: 0, log })
  process.on('message', () => {
    Bun.gc(true)
    const { heapUsed, rss } = process.memoryUsage()
    tell({ kind: 'cost', heapBytes: heapUsed, residentBytes: rss, openCalls: server.stats().openCalls })
  })
  tell({ kind: 'ready', port: server.port, connectionString: server.connectionString, methods })
}

/** Listens in on what is registered with grpc-js, so that no list has to be kept. */
function recordMethods(): HostMethod[] {
  const methods: HostMethod[] = []
  const addService = Server.prototype.addService
  Server.prototype.addService = function (definition: ServiceDefinition, ...rest) {
    for (const { path, requestStream, responseStream } of Object.values(definition))
      methods.push({ path, requestStream, responseStream })
    return addService.call(this, definition, ...rest)
  }
  return methods
}
