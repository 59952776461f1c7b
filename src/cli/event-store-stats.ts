/** `eventstore stats`: the figures of a running store, as its server reports them. */
import type { StoreFigures } from '#event-store/store-operations.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { byteWords, showResult } from './event-store-output.ts'
import { resolveServer, withOperations } from './event-store-target.ts'

const help = `bun run peek eventstore stats [--url CONNECTION] [--home DIR] [--json]

Asks the running store, also a real EventStoreDB or KurrentDB. What a server does not report is left out.`

export const statsCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, { home: 'text', url: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const { figures, groups } = await withOperations(resolveServer(flags), async (operations) => ({
      figures: await operations.loadFigures(),
      // A server that does not list them still has figures.
      groups: await operations.loadGroups().catch(() => undefined),
    }))
    const lines = describe(figures)
    if (groups)
      lines.push(
        ['persistent subscriptions', String(groups.length)],
        ...groups.map((group): [string, string] => [
          `  ${group.group} on ${group.stream}`,
          `${group.consumerCount} consumers, ${group.lagEvents ?? '?'} behind, ${group.inFlightCount} in flight, ${group.parkedCount} parked`,
        ]),
      )
    const width = Math.max(...lines.map(([name]) => name.length))
    showResult(
      flags.json === true,
      { ...figures, ...(groups && { groups }) },
      lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    )
    return 0
  },
}

function describe(figures: StoreFigures): [string, string][] {
  const bytes = (value: number | undefined) => (value === undefined ? undefined : byteWords(value))
  const rate = (value: number | undefined) =>
    value === undefined ? undefined : `${Math.round(value * 10) / 10} a second`
  const length = (value: number | undefined) =>
    value === undefined ? undefined : `${Math.round(value * 100) / 100} ms`
  const lines: [string, string | undefined][] = [
    ['version of the protocol', figures.version],
    ['durability', figures.durability],
    ['running since', figures.startedAt === undefined ? undefined : new Date(figures.startedAt).toISOString()],
    ['file', bytes(figures.fileBytes)],
    ['write-ahead log', bytes(figures.walBytes)],
    ['to be reused in the file', bytes(figures.freeBytes)],
    ['free on the disk', bytes(figures.diskFreeBytes)],
    ['memory', bytes(figures.memoryBytes)],
    ['events', figures.eventCount?.toLocaleString('en')],
    ['streams', figures.streamCount?.toLocaleString('en')],
    ['last position', figures.lastPosition?.toString()],
    ['events written', rate(figures.eventsInPerSecond)],
    ['events sent', rate(figures.eventsOutPerSecond)],
    ['reads', rate(figures.readsPerSecond)],
    ['half the writes take', length(figures.commitMsP50)],
    ['99 of 100 writes take', length(figures.commitMsP99)],
    ['of that, until the disk has it', length(figures.syncMsP99)],
    ['waiting appends', figures.waitingAppends?.toString()],
    ['open calls', figures.openCalls?.toString()],
    ['subscriptions', figures.subscriptionCount?.toString()],
  ]
  return lines.filter((line): line is [string, string] => line[1] !== undefined)
}
