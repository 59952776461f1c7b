import type { ExplainedRow, RowChangesOf } from '#audit/row-changes-of.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'

/** Whoever looks at an event waits that often for its rows, some ten seconds, before being told how far they are. */
const asksMax = 6

/** Tells the audit which rows an event changed: what its past says, or how far the preparing of that is. */
export function createRowChangesOf(questions: Pick<PastQuestions, 'explain'>): RowChangesOf {
  return async (position) => {
    let answer = await questions.explain([position])
    // Each question waits a moment itself.
    for (let more = asksMax - 1; answer.state === 'preparing' && more > 0; more--)
      answer = await questions.explain([position])
    if (answer.state === 'preparing') {
      const whose = answer.projection === '' ? 'the read models' : answer.projection
      const words = `The past of ${whose} is being prepared: ${Math.floor(answer.share * 100)} %. Look again in a moment.`
      return { rows: [], words }
    }
    const projections = answer.value.flatMap((explained) => explained.projections)
    const rows: ExplainedRow[] = projections.flatMap(({ projection, tables }) =>
      tables.flatMap(({ table, rows: changed }) =>
        changed.map(({ key, before, after }) => ({ projection, table, key, before, after })),
      ),
    )
    const parked = projections.filter(({ parkedWords }) => parkedWords !== null)
    const words = parked
      .map(({ projection, parkedWords }) => `${projection} could not take it: ${parkedWords}.`)
      .join(' ')
    return words === '' ? { rows } : { rows, words }
  }
}
