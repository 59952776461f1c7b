/** `services list`: every instance. */
import type { JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { listServices, shortId } from './services-client.ts'
import { type TextColumn, toTextTable } from './text-table.ts'

const help = `bun run peek services list [--home DIR] [--url URL] [--json]

Every instance of every service that is linked to logic, and those that were lost lately: where it runs, how long a message
to logic and back takes, memory, the longest hold-up of its loop, and what it works on: devices of logic, field and office,
waiting actions of an agent, busy places of a worker. Plugins that do not run on one are said below, with the reason.`

export const listCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const services = await listServices(await openAdmin(flags))
    const sentences = [toTextTable(columns, services), ...services.flatMap(troubleLines)]
    showResult(flags.json === true, { services }, services.length === 0 ? [nobodyWords] : sentences)
    return 0
  },
}

const nobodyWords = 'No service has reported yet; they do within a few seconds.'
const bytesPerMegabyte = 1_000_000

const columns: readonly TextColumn<JsonObject>[] = [
  { title: 'id', cell: shortId },
  { title: 'role', cell: (service) => textAt(service, 'name') },
  { title: 'name', cell: (service) => textAt(service, 'instanceName') },
  { title: 'zone', cell: (service) => textAt(service, 'zone') },
  { title: 'state', cell: stateWords },
  { title: 'version', cell: (service) => textAt(service, 'build') },
  { title: 'host', cell: (service) => textAt(service, 'host') },
  { title: 'pid', align: 'end', cell: (service) => String(numberAt(service, 'pid') ?? '') },
  { title: 'round trip', align: 'end', cell: (service) => msWords(numberAt(service, 'roundTripMs')) },
  {
    title: 'memory',
    align: 'end',
    cell: (service) => `${Math.round((numberAt(service, 'memoryBytes') ?? 0) / bytesPerMegabyte)} MB`,
  },
  { title: 'loop', align: 'end', cell: (service) => msWords(numberAt(service, 'loopDelayMs')) },
  { title: 'work', cell: workWords },
]

function stateWords(service: JsonObject): string {
  if (numberAt(service, 'restartingSince') !== null) return 'restarting'
  const seen = numberAt(service, 'lastSeenAt')
  if (service.state === 'lost') return `lost${seen === null ? '' : ` since ${new Date(seen).toLocaleTimeString()}`}`
  if (service.isDraining !== true) return 'online'
  return (numberAt(service, 'busyPlaceCount') ?? 0) > 0 ? 'draining' : 'drained'
}

function workWords(service: JsonObject): string {
  const countOf = (name: string): string => (numberAt(service, name) ?? 0).toLocaleString('en')
  switch (textAt(service, 'name')) {
    case 'agent':
      return `${countOf('queuedActionCount')} waiting${(numberAt(service, 'refusedActionCount') ?? 0) > 0 ? `, ${countOf('refusedActionCount')} refused` : ''}`
    case 'worker':
      return `${countOf('busyPlaceCount')} of ${countOf('placeCount')} busy`
    default:
      return `${countOf('sessionCount')} devices`
  }
}

function troubleLines(service: JsonObject): readonly string[] {
  const where = `${textAt(service, 'name')} "${textAt(service, 'instanceName')}"`
  const ofQueue = textAt(service, 'queueTrouble')
  const ofParts = listAt(service, 'parts')
    .filter((part) => part.state !== 'running')
    .map((part) => {
      const words = textAt(part, 'words')
      return `\n${textAt(part, 'plugin')} on ${where}: ${textAt(part, 'state')}${words === '' ? '' : `, ${words}`}`
    })
  return ofQueue === '' ? ofParts : [`\nthe queue of ${where}: ${ofQueue}`, ...ofParts]
}

function msWords(ms: number | null): string {
  return ms === null ? '–' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
