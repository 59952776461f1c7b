import type { JsonObject } from '#plugin-api'
import { AddCount, DropCounter } from '../../shared/actions.ts'
import { Counter } from '../../shared/tuples.ts'
import type { Script } from './script.ts'

/** Watches a counter while it changes, is cut off and goes on where it was, and watches no more. */
export const watchScript: Script = async ({ counterId, open, see }) => {
  const selector = { id: counterId }
  const device = crypto.randomUUID()
  const valueIn = (rows: ReadonlyMap<string, JsonObject>): number => Number(rows.get(counterId)?.value ?? 0)

  const first = await open(device)
  const other = await open()
  const add = async (by: number): Promise<void> => {
    const answer = await other.push(AddCount, { counterId, by })
    if (answer.outcome !== 'accepted') see('adding was answered with', JSON.stringify(answer))
  }

  await add(1)
  const before = first.observe(Counter.name, selector)
  await before.until('the first rows', (rows) => valueIn(rows) === 1)
  see('subscribed', valueIn(before.rows()))
  await add(2)
  await before.until('a live change', (rows) => valueIn(rows) === 3)
  see('changed live', valueIn(before.rows()))

  first.close()
  await add(4)
  const again = await open(device)
  const after = again.observe(Counter.name, selector, before.token())
  await after.until('the change while it was away', (rows) => valueIn(rows) === 7)
  see('resumed', valueIn(after.rows()))
  see('it came as', after.began() ?? 'nothing')

  after.unobserve()
  const others = other.observe(Counter.name, selector)
  // A reply to a later question: what was sent before it has come by then.
  const settle = () => again.push(AddCount, { counterId, by: 0 })
  await settle()
  const patchCount = after.patchCount()
  await add(8)
  await others.until('the change for those who still watch', (rows) => valueIn(rows) === 15)
  await settle()
  see('others see', valueIn(others.rows()))
  see('came after unsubscribing', after.patchCount() - patchCount)

  await other.push(DropCounter, { counterId })
  await others.until('the end of the row', (rows) => rows.size === 0)
  see('others see when it is dropped', others.rows().size)
}
