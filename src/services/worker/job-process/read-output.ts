import { createDeferred } from '#kernel/deferred.ts'

/**
 * Reads what a process writes, line by line, for as long as it runs.
 *
 * Promises: bounded in memory: a line that does not end is handed over in pieces, and of all lines only the last words are
 * kept. A line that is a mark is handed to whoever waits for it, and to nobody else.
 */
export interface OutputReader {
  /** Resolves when the mark was read; everything before it has been handed over. */
  untilMark(mark: string): Promise<void>
  lastWords(): string
  readonly closed: Promise<void>
}

const lineLengthMax = 2_000
const lastWordsLengthMax = 2_000

export function readOutput(stream: ReadableStream<Uint8Array>, onLine: (words: string) => void): OutputReader {
  const marks = new Map<string, ReturnType<typeof createDeferred<void>>>()
  let lastWords = ''

  const take = (line: string): void => {
    // A job that writes without an end of line stands before its mark.
    const [words = '', mark] = splitMark(line)
    if (words.trim() !== '') {
      lastWords = `${lastWords}${words}\n`.slice(-lastWordsLengthMax)
      onLine(words)
    }
    if (mark === undefined) return
    marks.get(mark)?.resolve()
    marks.delete(mark)
  }
  const closed = readLines(stream, take).catch(() => undefined)
  return {
    closed,
    lastWords: () => lastWords.trim(),
    untilMark: (mark) => {
      const waiting = createDeferred<void>()
      marks.clear()
      marks.set(mark, waiting)
      return waiting.promise
    },
  }
}

function splitMark(line: string): readonly [string, string?] {
  const at = line.indexOf('\u0000')
  return at < 0 ? [line] : [line.slice(0, at), line.slice(at)]
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    if (rest.length > lineLengthMax) {
      take(rest)
      rest = ''
    }
  }
  if (rest !== '') take(rest)
}
