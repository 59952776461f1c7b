import { AddCount } from '../../shared/actions.ts'
import { Counter } from '../../shared/tuples.ts'
import type { Script } from './script.ts'

/** Pushes an action that is taken, one that is refused, and one twice. */
export const pushScript: Script = async ({ counterId, open, see }) => {
  const screen = await open()
  const accepted = await screen.push(AddCount, { counterId, by: 5 })
  see('accepted', String(accepted.outcome))
  const refused = await screen.push(AddCount, { counterId, by: 0 })
  see('refused', `${refused.outcome} ${refused.kind}`)
  const bad = await screen.push(AddCount, { counterId, by: 1.5 })
  see('bad input', `${bad.outcome} ${bad.kind}`)
  const id = crypto.randomUUID()
  const once = await screen.push(AddCount, { counterId, by: 7 }, id)
  const twice = await screen.push(AddCount, { counterId, by: 7 }, id)
  see('duplicated', JSON.stringify(once) === JSON.stringify(twice) ? 'the same answer' : JSON.stringify([once, twice]))
  const watching = screen.observe(Counter.name, { id: counterId })
  await watching.until('the effect', (rows) => Number(rows.get(counterId)?.value ?? 0) >= 12)
  // Were the repeat to count, it would by now: what comes after it is shown.
  await screen.push(AddCount, { counterId, by: 100 })
  await watching.until('the last one', (rows) => Number(rows.get(counterId)?.value ?? 0) >= 112)
  see('counted', String(watching.rows().get(counterId)?.value))
}
