/** How many of something there were a minute ago until now, by name: a count a second, the last minute of them. */
export interface OutcomeRates {
  add(name: string, now: number): void
  perMinute(name: string, now: number): number
}

const windowSeconds = 60

export function createOutcomeRates(): OutcomeRates {
  const counts = new Map<string, Map<number, number>>()
  const forgetOld = (ofName: Map<number, number>, second: number): void => {
    for (const at of ofName.keys()) if (at <= second - windowSeconds || at > second) ofName.delete(at)
  }
  return {
    add: (name, now) => {
      const second = Math.floor(now / 1_000)
      const ofName = counts.get(name) ?? new Map<number, number>()
      counts.set(name, ofName)
      ofName.set(second, (ofName.get(second) ?? 0) + 1)
      forgetOld(ofName, second)
    },
    perMinute: (name, now) => {
      const ofName = counts.get(name)
      if (!ofName) return 0
      forgetOld(ofName, Math.floor(now / 1_000))
      return [...ofName.values()].reduce((sum, one) => sum + one, 0)
    },
  }
}
