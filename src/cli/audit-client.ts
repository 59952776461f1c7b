/** What the commands of `audit` share: how a search is said in flags. */
import { toInstantText } from './instant-flag.ts'

export const searchFlags = {
  stream: 'text',
  type: 'text',
  plugin: 'text',
  entity: 'text',
  user: 'text',
  device: 'text',
  correlation: 'text',
  kind: 'text',
  outcome: 'text',
  text: 'text',
  from: 'text',
  to: 'text',
  time: 'text',
} as const

type SearchFlags = { readonly [N in keyof typeof searchFlags]?: string }

export const searchHelp = `  --stream BEGINNING   --type BEGINNING   --plugin ID   --entity ID   --user NAME   --device ID
  --text WORDS         somewhere in the data, as "name: value" a line; capitals do not count
  --from, --to WHEN    2026-03-31, "2026-03-31 14:00" (of this machine's zone), with a zone, or 3h, 7d ago
  --time WHICH         recorded (the server's clock, as without it) or occurred (the device's)
  --outcome WHICH      accepted or refused: actions by their answer
  --kind KIND          action, fact, refusal, decision, job or foreign
  --correlation ID     all that followed from one action`

/** The query of an address; what does not fit is refused by the server, in its words. */
export function toSearchQuery(flags: SearchFlags, now: number): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of Object.keys(searchFlags) as (keyof SearchFlags)[]) {
    const value = flags[name]
    if (value === undefined) continue
    query.set(name, name === 'from' || name === 'to' ? toInstantText(`--${name}`, value, now) : value)
  }
  return query
}
