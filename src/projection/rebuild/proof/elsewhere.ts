/**
 * Runs handlers as they would run on another day on another machine: clock and dice give something else. A pure
 * projection does not notice; one that asks either gives other rows, and the proof finds it. Nothing may wait inside.
 */
export function elsewhere<T>(work: () => T): T {
  const [HereDate, hereRandom] = [globalThis.Date, Math.random]
  globalThis.Date = OtherDate
  Math.random = () => 1 - hereRandom() / 2
  try {
    return work()
  } finally {
    globalThis.Date = HereDate
    Math.random = hereRandom
  }
}

/** Far enough for another year, month, weekday, hour, minute and second. */
const awayMs = ((800 * 24 + 7) * 60 + 11) * 60_000 + 13_017
const hereDate = Date

const OtherDate = new Proxy(hereDate, {
  construct: (target, args: ConstructorParameters<DateConstructor> | []) =>
    args.length === 0 ? new target(hereDate.now() + awayMs) : Reflect.construct(target, args),
  apply: () => new hereDate(hereDate.now() + awayMs).toString(),
  get: (target, name) => (name === 'now' ? () => hereDate.now() + awayMs : Reflect.get(target, name)),
})
