/** Lets every promise reaction and microtask run that is ready, and those they make ready. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}
