/** How large the database's files are, and how much in them is free to be used again. */
import { stat } from 'node:fs/promises'
import type { StorageUpkeep } from '../storage/storage-upkeep.ts'
import type { FurtherFigures } from './statistics-report.ts'

/** Nothing for a database in memory. */
export async function measureFile(upkeep: StorageUpkeep): Promise<FurtherFigures> {
  const { file } = upkeep
  if (file === ':memory:') return {}
  const sizes = { 'es-file-bytes': await sizeOf(file), 'es-file-walBytes': await sizeOf(`${file}-wal`) }
  const { freePageCount, pageSizeBytes } = upkeep.readPageCounts()
  return { ...sizes, 'es-file-freeBytes': freePageCount * pageSizeBytes }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size
}
