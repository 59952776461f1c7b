/** `reactors retry`: tries dead letters again. */
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { countWords, showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt } from './projections-answers.ts'
import { lettersPath, onlyReactor } from './reactors-client.ts'

const help = `bun run peek reactors retry <plugin>.<reactor> (--event ID | --all) [--reason WORDS] [--home DIR] [--url URL] [--json]

Tries one dead letter, or all of the reactor, again, from the first try on. What a try got done before it failed may be
done a second time, under the same key. It goes on by itself: "reactors list" shows how it fares, "reactors dead" what is
given up again.`

const defaultReason = 'asked for on the command line'

export const retryCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, event: 'text', all: 'toggle', reason: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const reactor = onlyReactor(words, help)
    const { event: eventId, reason = defaultReason } = flags
    if ((eventId === undefined) === (flags.all === undefined))
      throw new PlatformError('bad-input', `Say which event with --event, or --all.\n\n${help}`)
    const admin = await openAdmin(flags)
    const body = eventId === undefined ? { reason } : { eventId, reason }
    const answer = await admin.request('POST', `${lettersPath(reactor)}/retry`, body)
    const countOf = (name: string): number => (isJsonObject(answer) ? (numberAt(answer, name) ?? 0) : 0)
    const [retriedCount, deadCount] = [countOf('retriedCount'), countOf('deadCount')]
    const isRest = eventId === undefined && deadCount > 0
    showResult(flags.json === true, { reactor, retriedCount, deadCount }, [
      retriedCount === 0
        ? `${reactor} has no dead letters.`
        : `${countWords(retriedCount, 'event is', 'events are')} tried again.`,
      ...(isRest ? [`${countWords(deadCount, 'dead letter is', 'dead letters are')} left: ask again for them.`] : []),
    ])
    return 0
  },
}
