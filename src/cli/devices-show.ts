/** `devices show`: all about one device. */
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { contactWords, countCell, findDevice, instantWords, versionWords } from './devices-client.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { type TextColumn, toTextList, toTextTable } from './text-table.ts'

const help = `bun run peek devices show <device> [--home DIR] [--url URL] [--json]

How each app of each person on the device stands, what they asked for help with, and when it was connected, the latest
first. A device is named by its id or the beginning of it.`

export const showCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [word, ...more] = words
    if (word === undefined || more.length > 0)
      throw new PlatformError('bad-input', `Say which device: found ${words.join(' ') || 'none'}.\n\n${help}`)
    const admin = await openAdmin(flags)
    const found = await admin.request('GET', `/api/devices/${await findDevice(admin, word)}`)
    const [devices, contacts, asked] = [listAt(found, 'devices'), listAt(found, 'contacts'), listAt(found, 'help')]
    showResult(flags.json === true, { devices, contacts, help: asked }, [
      devices.map(describe).join('\n\n'),
      ...(asked.length === 0 ? [] : ['', 'Asked for help:', ...asked.map(helpLine)]),
      '',
      contacts.length === 0 ? 'No connection is known.' : toTextTable(contactColumns, contacts),
    ])
    return 0
  },
}

function describe(device: JsonObject): string {
  const bytes = (name: string): string => {
    const found = numberAt(device, name)
    return found === null ? '' : `${Math.round(found / 1_000_000)} MB`
  }
  const offset = numberAt(device, 'clockOffsetMs')
  const since = instantWords(device, 'unsentSince')
  const lost = numberAt(device, 'lostCount') ?? 0
  const entries = [
    ['device', textAt(device, 'device')],
    ['app', textAt(device, 'app')],
    ['person', textAt(device, 'user')],
    ['unsent', `${countCell(device, 'leftCount')}${since === '' ? '' : `, since ${since}`}`],
    ['need a person', countCell(device, 'attentionCount')],
    ['announced', countCell(device, 'announcedSeq')],
    ['acknowledged', countCell(device, 'acknowledgedSeq')],
    ['version', versionWords(device)],
    ['last contact', contactWords(device)],
    ['first contact', instantWords(device, 'firstContactAt')],
    ['said so', instantWords(device, 'toldAt')],
    ['kept for offline', countCell(device, 'cachedCount')],
    ['storage used', bytes('storageUsedBytes')],
    ['storage there', bytes('storageQuotaBytes')],
    ['clock ahead', offset === null ? '' : `${(offset / 1_000).toFixed(1)} s`],
    ['storage lost', lost === 0 ? '' : `${instantWords(device, 'storageLostAt')}, with ${lost} unsent actions on it`],
    ['address', textAt(device, 'address')],
  ] as const
  return toTextList(entries.filter(([, words]) => words !== ''))
}

function helpLine(request: JsonObject): string {
  const words = (name: string): string => textAt(request, name).replace(/\p{Cc}+/gu, ' ')
  const asked = `  ${instantWords(request, 'askedAt')}  ${words('user')}: ${words('words') || '(no words)'}`
  const about = `, about ${countCell(request, 'recordCount')} actions`
  if (request.state === 'open') return `${asked}${about}. Not answered.`
  return `${asked}${about}. ${words('answeredBy')}: ${words('answer')}`
}

const contactColumns: readonly TextColumn<JsonObject>[] = [
  { title: 'connected', cell: (contact) => instantWords(contact, 'from') },
  { title: 'until', cell: (contact) => instantWords(contact, 'until') },
  { title: 'app', cell: (contact) => `${textAt(contact, 'app')} ${textAt(contact, 'build')}` },
  { title: 'person', cell: (contact) => textAt(contact, 'user') },
  { title: 'service', cell: (contact) => textAt(contact, 'service') },
  { title: 'address', cell: (contact) => textAt(contact, 'address') },
]
