import { projectFolder } from './platform.ts'

/** What a command printed, what it complained of, and how it ended. */
export type Ran = { readonly out: string; readonly err: string; readonly code: number }

/** Begins `peek` with these words. What is `piped` in is its standard input; without it there is none. */
export function beginPeek(words: readonly string[], piped?: string) {
  return Bun.spawn([process.execPath, 'src/cli/main.ts', ...words], {
    cwd: projectFolder,
    stdin: piped === undefined ? 'ignore' : Buffer.from(piped),
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

/** Runs `peek` with these words to its end, as a process of its own. */
export async function runPeek(words: readonly string[], piped?: string): Promise<Ran> {
  const { stdout, stderr, exited } = beginPeek(words, piped)
  const [out, err, code] = await Promise.all([new Response(stdout).text(), new Response(stderr).text(), exited])
  return { out, err, code }
}
