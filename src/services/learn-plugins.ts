import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '#config/private-file.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import {
  type PluginFacts,
  pluginFactsSchema,
  pluginsDeadlineMs,
  pluginsRequestName,
} from '#vortex/protocol/plugin-facts.ts'
import { createStopSignal } from './stop-signal.ts'

/**
 * Asks logic which plugins run and what is set for them, again whenever that changes.
 *
 * Promises: `onFacts` is told each state once, the latest last; what was learned is kept on the disk, so that a service
 * that starts while logic is away begins with what it knew, a moment later than it would have asked.
 */
export function learnPlugins(options: {
  link: Pick<VortexClient, 'state' | 'onState' | 'ask'>
  /** The service's own folder. */
  folder: string
  onFacts: (facts: PluginFacts) => void
  clock: Clock
  random: Random
  log: Log
}): { stop(): void } {
  const { link, clock, random, log } = options
  const file = join(options.folder, 'plugins.json')
  const signal = createStopSignal(clock)
  let seen: string | undefined
  let isAsking = false

  const take = (facts: PluginFacts): void => {
    if (facts.mark === seen || signal.isStopped) return
    options.onFacts(facts)
    seen = facts.mark
    keep(facts)
  }
  const keep = (facts: PluginFacts): void => {
    try {
      writePrivateFile(file, JSON.stringify(facts))
    } catch (error) {
      log.warning(`which plugins run could not be kept in ${file}: ${describeError(error)}`)
    }
  }
  const ask = async (): Promise<void> => {
    const reply = await link.ask(
      pluginsRequestName,
      JSON.stringify(seen === undefined ? {} : { seen }),
      pluginsDeadlineMs,
    )
    const parsed = parseWith<PluginFacts>(pluginFactsSchema, tryParseJson(reply))
    if (!parsed.ok)
      throw new Error(`logic answered in a form this service does not know (${parsed.words}): upgrade both`)
    take(parsed.value)
  }
  /** One loop at a time, for as long as the link is up. */
  const askAgainAndAgain = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    for (let attempt = 0; link.state().state === 'online' && !signal.isStopped; ) {
      try {
        await ask()
        attempt = 0
      } catch (error) {
        if (link.state().state !== 'online' || signal.isStopped) break
        if (attempt === 0) log.warning(`logic did not say which plugins run: ${describeError(error)}`)
        await signal.pause(backOffMs(attempt++, random))
      }
    }
    isAsking = false
  }

  const stopListening = link.onState((state) => {
    if (state.state === 'online') void askAgainAndAgain()
  })
  void askAgainAndAgain()
  const stopWaiting = clock.after(keptAfterMs, () => {
    const kept = seen === undefined ? readKept(file, log) : undefined
    if (!kept || signal.isStopped) return
    log.warning('logic is away: the plugins start with what was known of them last', { enabled: kept.enabled })
    take(kept)
  })
  return {
    stop: () => {
      stopWaiting()
      stopListening()
      signal.stop()
    },
  }
}

/** How long logic may take to answer before what was known last counts. */
const keptAfterMs = 3_000

function readKept(file: string, log: Log): PluginFacts | undefined {
  if (!existsSync(file)) return undefined
  try {
    const parsed = parseWith<PluginFacts>(pluginFactsSchema, tryParseJson(readFileSync(file, 'utf8')))
    if (parsed.ok) return parsed.value
    log.warning(`${file} cannot be read, and counts as nothing: ${parsed.words}`)
  } catch (error) {
    log.warning(`${file} cannot be read, and counts as nothing: ${describeError(error)}`)
  }
  return undefined
}
