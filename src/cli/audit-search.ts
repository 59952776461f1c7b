/** `audit search`: recorded events, newest first. */
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import { searchFlags, searchHelp, toSearchQuery } from './audit-client.ts'
import { eventLine, eventsOf } from './audit-event.ts'
import type { Command } from './command.ts'
import { countWords } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'

const help = `bun run peek audit search [search] [--oldest] [--limit N] [--home DIR] [--url URL] [--json]

${searchHelp}
  --oldest             oldest first, where newest first is usual
  --limit N            at most so many, 50 without it

"peek audit show ID" tells all about one of them. With --json: { events, isMore, isComplete }.`

const pageCountMax = 200

export const searchCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, {
      ...clientFlags,
      ...searchFlags,
      oldest: 'toggle',
      limit: 'text',
    })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [stray] = words
    if (stray !== undefined)
      throw new PlatformError('bad-input', `Found "${stray}" without a flag: look for words with --text "${stray}".`)
    const countMax = parseLimit(flags.limit)
    const query = toSearchQuery(flags, Date.now())
    query.set('order', flags.oldest ? 'oldest' : 'newest')
    const found = await findUpTo(await openAdmin(flags), query, countMax)
    if (flags.json) console.log(JSON.stringify(found))
    else console.log([...found.events.map(eventLine), ...notes(found, countMax)].join('\n'))
    return 0
  },
}

type Found = Awaited<ReturnType<typeof findUpTo>>

async function findUpTo(admin: AdminClient, query: URLSearchParams, countMax: number) {
  const events = []
  let isComplete = true
  let next: unknown = ''
  while (next !== null && events.length < countMax) {
    query.set('limit', String(Math.min(pageCountMax, countMax - events.length)))
    if (typeof next === 'string') query.set('beyond', next)
    const page = await admin.request('GET', `/api/audit/events?${query}`)
    if (!isJsonObject(page)) break
    events.push(...eventsOf(page))
    if (page.isComplete === false) isComplete = false
    next = page.next ?? null
  }
  return { events, isMore: next !== null, isComplete }
}

function notes({ events, isMore, isComplete }: Found, countMax: number): string[] {
  if (events.length === 0 && isComplete) return ['Nothing that was recorded fits.']
  return [
    ...(isMore ? ['', `There are more than ${countWords(countMax, 'event')}; --limit shows more of them.`] : []),
    ...(isComplete ? [] : ['', 'The list of events is behind the log just now: the newest ones may be missing.']),
  ]
}

function parseLimit(limit: string | undefined): number {
  const value = limit === undefined ? 50 : Number(limit)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new PlatformError('bad-input', `--limit is "${limit}": wanted a whole number from 1.`)
}
