/** What the process and its machine use: looked at only when somebody asks. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg } from 'node:os'
import { dirname, resolve } from 'node:path'

export type MachineFigures = {
  readonly memoryBytes: number
  /** Share of one core since the last look, in percent; at the first, since the process began. */
  readonly cpuPercent: number
  readonly coreCount: number
  readonly freeMemoryBytes: number
  /** Over 1, 5 and 15 minutes. */
  readonly loads: readonly number[]
  readonly disk: { readonly path: string; readonly freeBytes: number; readonly totalBytes: number } | undefined
}

/** Each caller has its own, so that the share of the processor is that since its own last look. */
export function createMachineMeter(file: string): () => Promise<MachineFigures> {
  const folder = file === ':memory:' ? undefined : dirname(resolve(file))
  let last = { at: 0, usage: { user: 0, system: 0 } }

  return async () => {
    const now = { at: performance.now(), usage: process.cpuUsage() }
    const usedMs = (now.usage.user + now.usage.system - last.usage.user - last.usage.system) / 1_000
    const passedMs = now.at - last.at
    last = now
    return {
      memoryBytes: process.memoryUsage.rss(),
      cpuPercent: passedMs > 0 ? (usedMs / passedMs) * 100 : 0,
      coreCount: availableParallelism(),
      freeMemoryBytes: freemem(),
      loads: loadavg(),
      disk: folder === undefined ? undefined : await lookAtDisk(folder),
    }
  }
}

async function lookAtDisk(path: string): Promise<MachineFigures['disk']> {
  const found = await statfs(path).catch(() => undefined)
  return found && { path, freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize }
}
