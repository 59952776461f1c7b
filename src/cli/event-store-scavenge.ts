/** `eventstore scavenge`: takes out what nobody can read any more, from a running store or a file. */

import type { ScavengeProgress, StoreOperations } from '#event-store/store-operations.ts'
import { scavengeFile } from '#event-store-server/upkeep/scavenge-file.ts'
import { pause, systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { byteWords, countWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { resolveTarget, withOperations } from './event-store-target.ts'

const help = `bun run peek eventstore scavenge [FILE | --url CONNECTION] [--home DIR] [--json]

Removes deleted, expired and truncated events for good, and gives the room back. A running store goes on serving; Ctrl-C
stops the scavenge after its current step, and the next one goes on from there. Ends with 1 when it did not finish.`

type Outcome = {
  readonly id: string
  readonly result: string
  readonly removedEvents?: number
  readonly removedBytes?: number
}

const lookEveryMs = 500
/** A server that reports no progress of its own is asked for its history this often without an end in it. */
const historyLength = 10

export const scavengeCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { home: 'text', url: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const isJson = flags.json === true
    const signal = listenForInterrupt()
    const target = resolveTarget(flags, words)
    const outcome =
      target.kind === 'file'
        ? await ofFile(target.file, signal, isJson)
        : await withOperations(target.connectionString, (operations) => ofServer(operations, signal, isJson))
    showResult(isJson, outcome, [describe(outcome)])
    return outcome.result === 'Success' ? 0 : 1
  },
}

async function ofFile(file: string, signal: AbortSignal, isJson: boolean): Promise<Outcome> {
  const line = createProgressLine('Scavenging', isJson)
  const ended = await scavengeFile(file, {
    log: silentLog,
    signal,
    onProgress: ({ lookedAtStreamCount, streamCount, removedEventCount }) =>
      line.show(lookedAtStreamCount / Math.max(1, streamCount), `${countWords(removedEventCount, 'event')} removed`),
  }).finally(line.end)
  return {
    id: ended?.scavengeId ?? '',
    result: ended?.result ?? 'Errored',
    removedEvents: ended?.removedEventCount ?? 0,
    removedBytes: ended?.removedBytes ?? 0,
  }
}

async function ofServer(operations: StoreOperations, signal: AbortSignal, isJson: boolean): Promise<Outcome> {
  const line = createProgressLine('Scavenging', isJson)
  const id = await operations.startScavenge()
  let isStopping = false
  let last: ScavengeProgress | undefined
  try {
    for (;;) {
      if (signal.aborted && !isStopping) {
        isStopping = true
        // It may have ended in this very moment.
        await operations.stopScavenge(id).catch(() => undefined)
      }
      const { scavenge } = await operations.loadFigures()
      if (scavenge?.id === id) last = scavenge
      if (last?.isRunning) line.show(last.share, `${countWords(last.removedEvents, 'event')} removed`)
      else {
        const found = (await operations.loadScavenges(historyLength)).find((scavenged) => scavenged.id === id)
        if (found && found.result !== 'InProgress') return toOutcome(id, found.result, last, found.freedBytes)
        line.show(undefined, 'under way')
      }
      await pause(systemClock, lookEveryMs)
    }
  } finally {
    line.end()
  }
}

function toOutcome(id: string, result: string, last: ScavengeProgress | undefined, freedBytes?: number): Outcome {
  const removedBytes = last?.removedBytes ?? freedBytes
  return {
    id,
    result,
    ...(last && { removedEvents: last.removedEvents }),
    ...(removedBytes !== undefined && { removedBytes }),
  }
}

function describe({ result, removedEvents, removedBytes }: Outcome): string {
  const removed = [
    removedEvents === undefined ? '' : `${countWords(removedEvents, 'event')} removed`,
    removedBytes === undefined ? '' : byteWords(removedBytes),
  ].filter((part) => part !== '')
  const ending = result === 'Success' ? 'The scavenge is done' : `The scavenge ended early (${result})`
  return `${ending}${removed.length > 0 ? `: ${removed.join(', ')}` : ''}.`
}
