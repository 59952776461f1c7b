/**
 * Waits until a claim about something outside this process holds: a server's session, a row another connection writes.
 * Where there is something to await, await that instead. Says what it waited for when it never comes true.
 */
const deadlineMs = 45_000
const lookEveryMs = 2

export async function eventually(words: string, claim: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs
  while (!(await claim())) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${deadlineMs} ms in vain until ${words}.`)
    await Bun.sleep(lookEveryMs)
  }
}
