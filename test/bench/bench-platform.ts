/** The whole platform with the bench plugin, and the counters a bench works on. */

import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { connectDevice } from '#support/device.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

export type BenchPlatform = Platform & {
  /** Adds counters, spread over as many groups as asked for (`g0`, `g1`, …), and gives their ids in order. */
  addCounters(count: number, groupCount?: number): Promise<string[]>
}

export async function startBenchPlatform(): Promise<BenchPlatform> {
  const platform = await startPlatform({
    environment: {
      PEEK_PLUGINS: 'bench',
      PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins'),
      PEEK_LOG_LEVEL: 'warning',
    },
  })
  return {
    ...platform,
    addCounters: async (count, groupCount = 1) => {
      const device = connectDevice(platform.url('field'))
      const ids = Array.from({ length: count }, newUuid)
      const answers = await Promise.all(
        ids.map((counterId, index) => device.push('bench.AddCounter', { counterId, group: `g${index % groupCount}` })),
      )
      device.close()
      const refused = answers.find((answer) => answer.outcome !== 'accepted')
      if (refused) throw new Error(`a counter was not added: ${JSON.stringify(refused)}`)
      return ids
    },
  }
}
