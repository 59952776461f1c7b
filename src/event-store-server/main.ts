/**
 * The event store as a process of its own: `bun main.ts --file events.db [--port 2113] [--host 127.0.0.1]`, and with TLS,
 * users and rights when `--tls-folder events.tls` is said too; `command-line.ts` has the other words.
 *
 * Prints one line of JSON when it accepts connections, and log lines on the error output. Stops in order on SIGTERM,
 * SIGINT, and when the parent that started it with an IPC channel is gone: then it goes last, since the parent's other
 * children may be finishing work that needs it.
 */
import { pause, systemClock } from '#kernel/clock.ts'
import { createLog } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { parseCommandLine } from './command-line.ts'
import { startEventStoreServer } from './event-store-server.ts'

/** How long the parent's other children get to finish. */
const othersStopMsMax = 8_000

const log = createLog('event-store', (line) => process.stderr.write(`${JSON.stringify(line)}\n`))

try {
  const server = await startEventStoreServer({ ...parseCommandLine(process.argv.slice(2)), log })
  const stop = () => {
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('Stopping failed', { reason: describeError(error) })
        process.exit(1)
      },
    )
  }
  const stopLast = async () => {
    const giveUpAt = systemClock.now() + othersStopMsMax
    while (server.stats().openCalls > 0 && systemClock.now() < giveUpAt) await pause(systemClock, 20)
    stop()
  }
  server.stopped.then(stop, stop)
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.once('disconnect', () => void stopLast())
  const hasLostParent = process.send !== undefined && !process.connected
  if (hasLostParent) void stopLast()
  process.stdout.write(
    `${JSON.stringify({ event: 'ready', port: server.port, connectionString: server.connectionString })}\n`,
  )
} catch (error) {
  const kind = isPlatformError(error) ? error.kind : 'unexpected'
  process.stdout.write(`${JSON.stringify({ event: 'failed', kind, reason: describeError(error) })}\n`)
  process.exit(1)
}
