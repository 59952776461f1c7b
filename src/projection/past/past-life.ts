import { createHash } from 'node:crypto'
import type { ProjectionDefinition } from '../define-projection.ts'
import { shapeHash } from '../open-read-model.ts'

/** Names what the rows of a projection's past depend on besides the log: another one, and the past is folded anew. */
export function pastLife(definition: ProjectionDefinition, skippedIds: ReadonlySet<string>): string {
  const text = [String(definition.version), shapeHash(definition), ...[...skippedIds].sort()].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
