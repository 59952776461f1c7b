/** How large the database's files are. */
import { stat } from 'node:fs/promises'
import type { FurtherFigures } from './statistics-report.ts'

/** Nothing for a database in memory. */
export async function measureFile(file: string): Promise<FurtherFigures> {
  if (file === ':memory:') return {}
  return { 'es-file-bytes': await sizeOf(file), 'es-file-walBytes': await sizeOf(`${file}-wal`) }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size
}
