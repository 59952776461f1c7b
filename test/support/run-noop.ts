/** `peek noop` on a platform of the tests: what it ended with, check by check. */
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { beginPeek } from './run-peek.ts'

export type NoopResult = { readonly check: string; readonly outcome: string; readonly reason: string }
export type NoopRun = {
  readonly code: number
  /** `finished`, `interrupted` or `lost`; `none` when nothing was begun. */
  readonly state: string
  readonly words: string
  readonly results: readonly NoopResult[]
}

/** Runs the command to its end, or, when the signal is aborted, ends it: its code is not a number of its own then. */
export async function runNoop(
  { home, url }: { readonly home: string; readonly url: string },
  { checks = [], signal }: { readonly checks?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<NoopRun> {
  const child = beginPeek(['noop', ...checks, '--json', '--home', home, '--url', url])
  const end = (): void => child.kill('SIGKILL')
  signal?.addEventListener('abort', end)
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  signal?.removeEventListener('abort', end)
  const answer = tryParseJson(out)
  if (!isJsonObject(answer)) return { code, state: 'none', words: err, results: [] }
  const results = Array.isArray(answer.results) ? answer.results.filter(isJsonObject) : []
  return {
    code,
    state: String(answer.state),
    words: String(answer.words),
    results: results.map(({ check, outcome, reason }) => ({
      check: String(check),
      outcome: String(outcome),
      reason: String(reason),
    })),
  }
}

export function redOf({ results }: NoopRun): readonly NoopResult[] {
  return results.filter(({ outcome }) => outcome !== 'green')
}
