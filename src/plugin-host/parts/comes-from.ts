/**
 * Whether an error was thrown, or awaited, by code in this folder: its stack, or that of what caused it, says so. One that
 * only platform code threw and awaited is nobody's by its stack.
 */
export function comesFrom(error: unknown, folder: string): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < causeDepthMax; cause = cause.cause, depth++)
    if (cause.stack?.includes(`${folder}/`)) return true
  return false
}

const causeDepthMax = 10
