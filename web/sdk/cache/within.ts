import type { Clock } from '#kernel/clock.ts'

/** What a store reads, if it does so in time and without trouble. */
export async function within<T>(
  clock: Clock,
  lengthMs: number,
  reading: Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = new Promise<undefined>((resolve) => {
    const cancel = clock.after(lengthMs, () => resolve(undefined))
    void reading.then(cancel, cancel)
  })
  return Promise.race([reading, deadline]).catch(() => undefined)
}
