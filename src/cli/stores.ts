/** `stores`: the two embedded stores, for services started by hand in the same home. */
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { resolveHome } from './home-flag.ts'
import { superviseStores } from './up.ts'

const help = `bun run stores [--home DIR] [--json]

Starts the embedded event store and the embedded PostgreSQL. Services started in the same home find them by themselves,
through <home>/run/stores.json: bun run logic, bun run field, ...`

export const storesCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, { home: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    return superviseStores(resolveHome(flags.home), flags.json === true)
  },
}
