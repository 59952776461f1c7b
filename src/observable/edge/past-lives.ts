import type { ReadModelLife } from '#event-store/change-event.ts'

/** Lives of a projection that are over, the latest few: no life comes back. */
export interface PastLives {
  add(life: ReadModelLife): void
  has(life: ReadModelLife): boolean
}

const countMax = 64

export function createPastLives(): PastLives {
  const lives = new Set<string>()
  const nameOf = ({ incarnation, version }: ReadModelLife): string => `${incarnation}/${version}`
  return {
    add: (life) => {
      lives.add(nameOf(life))
      for (const oldest of lives) {
        if (lives.size <= countMax) break
        lives.delete(oldest)
      }
    },
    has: (life) => lives.has(nameOf(life)),
  }
}
