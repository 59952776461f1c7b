import { readFile } from 'node:fs/promises'

const pageBytes = 4_096

/**
 * What a process holds of the machine's memory, asked from outside: one that is busy for ever answers nobody. Undefined
 * where the system has no such files, or the process is gone.
 */
export async function memoryOf(pid: number): Promise<number | undefined> {
  try {
    const [, pages] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')
    const bytes = Number(pages) * pageBytes
    return Number.isFinite(bytes) ? bytes : undefined
  } catch {
    return undefined
  }
}
