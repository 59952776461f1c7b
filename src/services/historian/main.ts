/**
 * The process that answers about the past for logic: `historian --home DIR`, started by logic with a channel to it.
 *
 * Promises: runs at low priority beside live work; ends itself when logic goes away or nobody has asked for a while.
 */

import { constants, setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import { loadConfig } from '#config/load-config.ts'
import { getDatabaseUrl, getEventStoreAddress } from '#config/stores-file.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { systemClock } from '#kernel/clock.ts'
import { createLog } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { createPastQuestions } from '#observable/source/answer-past.ts'
import { allProjections } from '#plugin-host/all-projections.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { openKeptCode } from '#plugin-host/kept-code/open-kept-code.ts'
import { loadLogicParts } from '#plugin-host/load-plugins.ts'
import { allObservables } from '#plugin-host/platform-parts.ts'
import { createPast } from '#projection/past/past.ts'
import { openClient } from '#storage/client.ts'
import { acquireLeadership } from '#storage/leader-lock.ts'
import { parseFlags } from '../parse-flags.ts'
import { makeServiceIdentity } from '../service-identity.ts'
import { answerLines } from './answer-lines.ts'
import type { HistorianLine } from './historian-line.ts'

const projectFolder = resolve(import.meta.dir, '../../..')
const clock = systemClock

function say(line: HistorianLine): void {
  if (process.connected) process.send?.(line)
}

async function main(args: readonly string[]): Promise<void> {
  // Where the priority may not be changed, it stays.
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {}
  process.on('disconnect', () => process.exit(0))
  const { flags } = parseFlags(args, { home: 'text' })
  const config = loadConfig({ role: 'logic', home: resolve(flags.home ?? '.peek') })
  const log = createLog('past', ({ level, words, facts }) =>
    say({ kind: 'log', level, words, ...(facts && { facts }) }),
  )
  const { build } = makeServiceIdentity({ name: 'logic', folder: config.folder, now: clock.now() })
  const folder = config.values.plugin.folder || join(projectFolder, 'plugins')
  const discovered = discoverPlugins({ folder, enabled: config.values.plugin.enabled, platform: build, log })
  const plugins = await loadLogicParts(discovered, log)
  loadedUpcasters.addAll(plugins.flatMap((plugin) => plugin.logic?.eventSchemas ?? []))
  const observables = allObservables(plugins)
  const definitions = allProjections(plugins)

  const url = getDatabaseUrl(config)
  // Two of them would take each other's copies away.
  const only = await acquireLeadership({ url, name: 'historian', log, clock })
  const sql = openClient({ url, log, applicationName: 'peek past', maxConnections: 4, synchronousCommit: 'off' })
  const connectionString = getEventStoreAddress(config)
  const store = await openKurrentEventStore({ connectionString, log, clock, random: systemRandom })
  const keptCode = openKeptCode({ sql, folder: join(config.folder, 'kept-code') })
  const past = createPast({ sql, store, definitions, keptCode, clock, log })
  const lines = answerLines({
    questions: createPastQuestions({ past, definitions, observables }),
    isBusy: past.isBusy,
    say,
    clock,
  })
  process.on('message', lines.hear)
  say({ kind: 'listening' })

  await Promise.race([lines.over, only.lost])
  await past.stop()
  await Promise.all([store.close(), sql.end({ timeout: 2 })])
  await only.release()
  process.exit(0)
}

main(Bun.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${isPlatformError(error) ? error.message : describeError(error)}\n`)
  process.exit(1)
})
