/** How the commands of the event store speak: results on the standard output, progress beside it, only for people. */

/** One line that is written over while something goes on; silent when nobody watches or a machine reads. */
export type ProgressLine = { show(share: number | undefined, words: string): void; end(): void }

const showEveryMs = 100

export function createProgressLine(title: string, isJson: boolean): ProgressLine {
  const isWatched = !isJson && process.stderr.isTTY === true
  let shownAt = 0
  let isShown = false
  return {
    show: (share, words) => {
      if (!isWatched || Date.now() - shownAt < showEveryMs) return
      shownAt = Date.now()
      isShown = true
      const percent = share === undefined ? '' : `${Math.floor(share * 100)} % `.padStart(6)
      process.stderr.write(`\r\x1b[K${title} ${percent}${words}`)
    },
    end: () => {
      if (isShown) process.stderr.write('\r\x1b[K')
      isShown = false
    },
  }
}

/** The result: an object for machines, sentences for people. */
export function showResult(isJson: boolean, result: object, sentences: readonly string[]): void {
  console.log(isJson ? JSON.stringify(result) : sentences.join('\n'))
}

/** The first Ctrl-C asks to end in order; the second ends at once. */
export function listenForInterrupt(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort()
    })
  return controller.signal
}

export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

export function byteWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
