/**
 * Turns totals that only grow into rates a second, over the last few looks.
 *
 * Asks: `look` is called at a steady pace. Promises: the pace of those who ask for rates has no influence on them.
 */
type Look<Name extends string> = { readonly at: number; readonly totals: Readonly<Record<Name, number>> }

const looksKept = 6

export class RecentRates<Name extends string> {
  private readonly looks: Look<Name>[] = []

  look(at: number, totals: Readonly<Record<Name, number>>): void {
    this.looks.push({ at, totals })
    if (this.looks.length > looksKept) this.looks.shift()
  }

  /** 0 before the second look. */
  perSecond(name: Name): number {
    const [first, last] = [this.looks[0], this.looks.at(-1)]
    if (!first || !last || last.at <= first.at) return 0
    return Math.max(0, ((last.totals[name] - first.totals[name]) * 1_000) / (last.at - first.at))
  }
}
