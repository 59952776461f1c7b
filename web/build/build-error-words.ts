import { describeError } from '#kernel/platform-error.ts'

/** What a bundler's error says to the author of the code: without the bundler's own stack, paths from the root. */
export function buildErrorWords(error: unknown, root: string): string {
  const lines = describeError(error).split('\n')
  const kept = lines.filter((line) => !/^\s+at /.test(line) && !/^Build failed with \d+ errors?:$/.test(line))
  return kept.join('\n').replaceAll(`${root}/`, '').trim()
}
