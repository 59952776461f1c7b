/** A question before something that cannot be taken back lightly. */
import { createInterface } from 'node:readline/promises'
import { PlatformError } from '#kernel/platform-error.ts'

/**
 * True when it may be done: `--yes`, or somebody at the terminal said so. Throws `bad-input` where nobody can be asked,
 * so that a script never does by accident what it was only to look at.
 */
export async function mayGoOn(question: string, isYes: boolean): Promise<boolean> {
  if (isYes) return true
  if (process.stdin.isTTY !== true)
    throw new PlatformError('bad-input', 'Nothing was done: nobody is there to be asked, so say --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
