/** `devices list`: every device. */
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { contactWords, countCell, listDevices, shortId, versionWords } from './devices-client.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt, textAt } from './projections-answers.ts'
import { type TextColumn, toTextTable } from './text-table.ts'

const help = `bun run peek devices list [--unsent] [--attention] [--silent DAYS] [--home DIR] [--url URL] [--json]

Every app of every person on every device, those with most unsent actions first. "unsent" is what is on the device and
nobody else has, as far as is known; "need a person" are actions that were refused or cannot be sent as they are. Actions of
a device are numbered: "announced" is the highest number it has, "acknowledged" the highest that is known to have an end.

  --unsent       only those with something unsent
  --attention    only those where an action needs a person
  --silent DAYS  only those that were not heard of for so many days`

export const listCommand: Command = {
  run: async (args) => {
    const own = { unsent: 'toggle', attention: 'toggle', silent: 'text' } as const
    const { flags, isHelp } = parseFlags(args, { ...clientFlags, ...own })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const silentMs = flags.silent === undefined ? undefined : parseDays(flags.silent) * dayMs
    const now = Date.now()
    const wanted = (device: JsonObject): boolean =>
      (flags.unsent !== true || (numberAt(device, 'leftCount') ?? 0) > 0) &&
      (flags.attention !== true || (numberAt(device, 'attentionCount') ?? 0) > 0) &&
      (silentMs === undefined ||
        (device.isOnline !== true && now - (numberAt(device, 'lastContactAt') ?? now) >= silentMs))
    const devices = (await listDevices(await openAdmin(flags))).filter(wanted).toSorted(byUnsent)
    const sentences = devices.length === 0 ? ['No device is like that.'] : [toTextTable(columns, devices)]
    showResult(flags.json === true, { devices }, sentences)
    return 0
  },
}

const dayMs = 24 * 60 * 60 * 1_000

function parseDays(text: string): number {
  const days = Number(text)
  if (Number.isFinite(days) && days >= 0) return days
  throw new PlatformError('bad-input', `--silent is "${text}": wanted a number of days.\n\n${help}`)
}

function byUnsent(a: JsonObject, b: JsonObject): number {
  const of = (name: string): number => (numberAt(b, name) ?? 0) - (numberAt(a, name) ?? 0)
  return of('leftCount') || of('attentionCount') || of('lastContactAt')
}

const columns: readonly TextColumn<JsonObject>[] = [
  { title: 'device', cell: shortId },
  { title: 'app', cell: (device) => textAt(device, 'app') },
  { title: 'person', cell: (device) => textAt(device, 'user') },
  { title: 'unsent', align: 'end', cell: (device) => countCell(device, 'leftCount') },
  { title: 'need a person', align: 'end', cell: (device) => countCell(device, 'attentionCount') },
  { title: 'announced', align: 'end', cell: (device) => countCell(device, 'announcedSeq') },
  { title: 'acknowledged', align: 'end', cell: (device) => countCell(device, 'acknowledgedSeq') },
  { title: 'version', cell: versionWords },
  { title: 'last contact', cell: contactWords },
]
