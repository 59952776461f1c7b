/** Makes something when it is first wanted: what a browser needs tens of milliseconds for must not hold up an app's start. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
