/** `reactors dead`: what reactors gave up on. */
import type { JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { lengthWords } from './projections-words.ts'
import { lettersPath, listReactors, nobodyWords, onlyReactor } from './reactors-client.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek reactors dead [<plugin>.<reactor>] [--limit N] [--home DIR] [--url URL] [--json]

Events whose effects failed on every try, of all reactors or of one, those that failed first first: N of each, else 50.
Then "reactors retry" or "reactors drop".`

const letterCountDefault = 50
const pageCountMax = 200

export const deadCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, limit: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const countMax = flags.limit === undefined ? letterCountDefault : parseCount('--limit', flags.limit)
    const asked = words.length === 0 ? undefined : onlyReactor(words, help)
    const admin = await openAdmin(flags)
    const reactors = asked === undefined ? await listIds(admin) : [asked]
    const letters: JsonObject[] = []
    const cutOff: string[] = []
    for (const reactor of reactors) {
      const found = await loadLetters(admin, reactor, countMax)
      letters.push(...found.letters.map((letter) => ({ reactor, ...letter })))
      if (found.hasMore) cutOff.push(reactor)
    }
    const rest = cutOff.map((reactor) => `There are more of ${reactor}: say --limit.`)
    showResult(flags.json === true, { letters }, [toWords(reactors, letters), ...rest])
    return 0
  },
}

async function listIds(admin: AdminClient): Promise<readonly string[]> {
  return (await listReactors(admin)).map((each) => textAt(each, 'id'))
}

function toWords(reactors: readonly string[], letters: readonly JsonObject[]): string {
  if (reactors.length === 0) return nobodyWords
  return letters.length === 0 ? 'There are no dead letters.' : toTable(letters)
}

async function loadLetters(
  admin: AdminClient,
  reactor: string,
  countMax: number,
): Promise<{ readonly letters: readonly JsonObject[]; readonly hasMore: boolean }> {
  const letters: JsonObject[] = []
  let after = ''
  do {
    const limit = String(Math.min(pageCountMax, countMax - letters.length))
    const query = new URLSearchParams({ limit, ...(after === '' ? {} : { after }) })
    const page = await admin.request('GET', `${lettersPath(reactor)}?${query}`)
    letters.push(...listAt(page, 'letters'))
    after = nextOf(page)
  } while (after !== '' && letters.length < countMax)
  return { letters, hasMore: after !== '' }
}

function nextOf(page: unknown): string {
  return typeof page === 'object' && page !== null && 'next' in page && typeof page.next === 'string' ? page.next : ''
}

function toTable(letters: readonly JsonObject[]): string {
  const now = Date.now()
  return toTextTable(
    [
      { title: 'reactor', cell: (letter) => textAt(letter, 'reactor') },
      { title: 'event', cell: (letter) => textAt(letter, 'eventId') },
      { title: 'type', cell: (letter) => textAt(letter, 'type') },
      { title: 'entity', cell: (letter) => textAt(letter, 'stream') },
      { title: 'tries', align: 'end', cell: (letter) => String(numberAt(letter, 'tries') ?? 0) },
      {
        title: 'last',
        cell: (letter) => `${lengthWords((now - (numberAt(letter, 'lastTriedAt') ?? now)) / 1_000)} ago`,
      },
      { title: 'failure', cell: (letter) => textAt(letter, 'words').replace(/\s+/g, ' ') },
    ],
    letters,
  )
}
