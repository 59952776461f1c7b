/** Keeps what `bun test` printed of each failure, so that it can be told again where a long run ends. */

export type FailedTest = {
  /** The file's path as printed, `:` and all that follows left away. */
  readonly file: string
  /** With its groups: `group > test`. */
  readonly name: string
  /** The last of what was printed for it: its error, and the words of the code it ran. */
  readonly words: string
}

const keptLinesMax = 40
const keptLengthMax = 4_000

/** Takes the output piece by piece; a test's error stands before the line that says it failed. */
export class FailedTestReader {
  readonly failed: FailedTest[] = []
  #file = ''
  #rest = ''
  #lines: string[] = []
  #isOver = false

  take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#takeLine(Bun.stripANSI(line))
  }

  #takeLine(line: string): void {
    // What follows is Bun's own list of what failed, without the errors.
    this.#isOver ||= /^\d+ tests? failed:$/.test(line)
    if (this.#isOver) return
    const last = this.failed.at(-1)
    if (last && this.#lines.length === 0 && /^ +\^ /.test(line)) {
      // The one thing that is said of a test after the line that ends it.
      this.failed[this.failed.length - 1] = { ...last, words: `${last.words}\n${line}`.trim() }
      return
    }
    const file = /^(\S+\.test\.tsx?):$/.exec(line)?.[1]
    const ended = /^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+m?s\])?$/.exec(line)
    if (ended?.[1] === 'fail') this.failed.push({ file: this.#file, name: ended[2] ?? '', words: this.#words() })
    if (file !== undefined) this.#file = file
    if (file !== undefined || ended) this.#lines = []
    else if (this.#lines.push(line) > keptLinesMax) this.#lines.shift()
  }

  #words(): string {
    return this.#lines.join('\n').trim().slice(-keptLengthMax)
  }
}

/** What failed, one after the other, each with its words set in. */
export function describeFailedTests(failed: readonly FailedTest[]): string {
  return failed
    .map(({ file, name, words }) => `(fail) ${file}: ${name}\n${words.replace(/^(?=.)/gm, '    ')}`.trimEnd())
    .join('\n\n')
}
