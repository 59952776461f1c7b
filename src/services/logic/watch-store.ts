import type { EventStore } from '#event-store/event-store.ts'
import { withoutCredentials } from '#event-store/kurrent/kurrent-client.ts'
import type { StoreOperations } from '#event-store/store-operations.ts'
import type { Clock } from '#kernel/clock.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { StoreBoard } from './store-board.ts'

const figuresEveryMs = 2_000
const groupsEveryMs = 2_000

/** Keeps the board up to date: health as it changes, figures as the server sends them, groups as often as asked. */
export function watchStore(options: {
  readonly store: EventStore
  readonly operations: StoreOperations
  readonly connectionString: string
  readonly board: StoreBoard
  readonly clock: Clock
}): { stop(): void } {
  const { store, operations, board, clock } = options
  const address = withoutCredentials(options.connectionString)
  let isStopped = false
  let cancel = (): void => undefined

  const stopHealth = store.onHealth((health) => board.takeHealth(health, address))
  board.takeHealth(store.health(), address)
  const figures = operations.watchFigures({
    periodMs: figuresEveryMs,
    onFigures: board.takeFigures,
    onAway: board.loseFigures,
  })
  const lookAtGroups = async (): Promise<void> => {
    try {
      const groups = await operations.loadGroups()
      if (!isStopped) board.takeGroups(groups)
    } catch (error) {
      if (!isStopped) board.loseGroups(describeError(error))
    }
    if (!isStopped) cancel = clock.after(groupsEveryMs, () => void lookAtGroups())
  }
  void lookAtGroups()

  return {
    stop: () => {
      isStopped = true
      cancel()
      figures.stop()
      stopHealth()
    },
  }
}
