/**
 * The event store as a process of its own: `bun main.ts --file events.db [--port 2113] [--host 127.0.0.1]`.
 *
 * Prints one line of JSON when it accepts connections, and log lines on the error output. Stops in order on SIGTERM,
 * SIGINT, and when the parent that started it with an IPC channel is gone.
 */
import { createLog } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { startEventStoreServer } from './event-store-server.ts'

const log = createLog('event-store', (line) => process.stderr.write(`${JSON.stringify(line)}\n`))

try {
  const { file, port, host, durability } = readArguments()
  const server = await startEventStoreServer({ file, port, host, log, durability })
  const stop = () => {
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('Stopping failed', { reason: describeError(error) })
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.once('disconnect', stop)
  process.stdout.write(
    `${JSON.stringify({ event: 'ready', port: server.port, connectionString: server.connectionString })}\n`,
  )
} catch (error) {
  const kind = isPlatformError(error) ? error.kind : 'unexpected'
  process.stdout.write(`${JSON.stringify({ event: 'failed', kind, reason: describeError(error) })}\n`)
  process.exit(1)
}

function readArguments() {
  const { file, port = '2113', host = '127.0.0.1', durability = 'full' } = parseFlags(process.argv.slice(2))
  const portNumber = Number(port)
  if (!file) throw badArgument('No --file was given. Name the database file, or :memory:.')
  if (!Number.isInteger(portNumber) || portNumber < 0 || portNumber > 65_535)
    throw badArgument(`--port ${port} is no port. Give a number from 0 (any free one) to 65535.`)
  if (durability !== 'full' && durability !== 'normal')
    throw badArgument(`--durability ${durability} is unknown. Give "full" or "normal".`)
  return { file, port: portNumber, host, durability } as const
}

type Flag = 'file' | 'port' | 'host' | 'durability'
const flags: readonly string[] = ['file', 'port', 'host', 'durability'] satisfies Flag[]

/** `--name value` pairs, each name at most once. */
function parseFlags(words: readonly string[]): Partial<Record<Flag, string>> {
  const found: Partial<Record<string, string>> = {}
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]?.replace(/^--/, '') ?? ''
    const value = words[index + 1]
    if (!flags.includes(name))
      throw badArgument(`${words[index]} is unknown. Give ${flags.map((flag) => `--${flag}`).join(', ')}.`)
    if (value === undefined) throw badArgument(`--${name} has no value.`)
    found[name] = value
  }
  return found
}

function badArgument(words: string): PlatformError {
  return new PlatformError('bad-configuration', words)
}
