import { PlatformError } from '#kernel/platform-error.ts'
import type { HistoryFolding } from './history-folding.ts'
import type { ProgressReport } from './progress-report.ts'
import type { RebuildPorts } from './run-rebuild.ts'

/** Compares the shadow, held still, with the independent fold (P4). Throws `not-proved` where they differ. */
export async function proveShadow({
  folding,
  prover,
  report,
  say,
}: Pick<RebuildPorts, 'prover' | 'say'> & {
  readonly folding: HistoryFolding
  readonly report: ProgressReport
}): Promise<void> {
  report.enter('proving')
  await folding.save({ isDurable: true })
  await folding.completeProver()
  const proof = await prover.prove()
  say({ kind: 'proved', proof })
  if (proof.outcome === 'equal') return
  const [example] = proof.examples
  throw new PlatformError(
    'not-proved',
    'The rebuilt rows are not those that a second fold of the same events gives' +
      `${example ? `, as in ${example.table}, key ${example.key}` : ''}: the projection is not a pure function of its ` +
      'events. Look for clocks, random numbers and variables outside the handlers. The tables in use are as they were.',
    { facts: { table: example?.table, key: example?.key, position: proof.position } },
  )
}
