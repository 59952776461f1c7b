/**
 * Code in the tutorial's text is a copy of files that compile and run. A line before each block names its file:
 *
 *     <!-- code: steps/2-actions/shared/actions.ts -->       the whole file
 *     <!-- change: steps/6-calls/plugin.ts -->               what differs from the chapters before, with a few lines around
 */
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { findEarlier, tutorialFolder, tutorialPlugin } from './states.ts'

const marker = /^<!-- (code|change): (\S+) -->$/
const languages: Readonly<Record<string, string>> = { '.ts': 'ts', '.tsx': 'tsx', '.json': 'json', '.sql': 'sql' }
const linesAround = 2

export type ReadBlocks = {
  /** The text, with every block as its file has it today. */
  readonly text: string
  /** The files that blocks show. */
  readonly files: readonly string[]
  /** What is wrong with the text itself, in words. */
  readonly faults: readonly string[]
}

export function refreshBlocks(text: string): ReadBlocks {
  const lines = text.split('\n')
  const out: string[] = []
  const files: string[] = []
  const faults: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    out.push(line)
    const [, kind, file] = marker.exec(line) ?? []
    if (kind !== undefined && file !== undefined) {
      const isThere = existsSync(join(tutorialFolder, file))
      if (!isThere) faults.push(`line ${at + 1} names ${file}, which is not there`)
      files.push(file)
      at = skipBlock(lines, at + 1)
      out.push(...(isThere ? showFile(kind, file) : []))
    } else if (/^```(tsx?|json|sql|diff)$/.test(line)) {
      faults.push(`line ${at + 1} begins a block of code without a line before it that names its file`)
    }
  }
  return { text: out.join('\n'), files, faults }
}

/** The last line of the block that begins here; the line before when none does, so that one is put in. */
function skipBlock(lines: readonly string[], from: number): number {
  if (!/^```\w/.test(lines[from] ?? '')) return from - 1
  const end = lines.indexOf('```', from + 1)
  return end < 0 ? lines.length : end
}

function showFile(kind: string, file: string): readonly string[] {
  const today = readLines(join(tutorialFolder, file))
  if (kind === 'code') return [`\`\`\`${languages[extname(file)] ?? 'text'}`, ...today, '```']
  const [group, name, ...path] = file.split('/')
  const earlier = findEarlier(`${group}/${name}`, path.join('/'))
  const change = showChange(earlier === undefined ? [] : readLines(earlier), today)
  return ['```diff', `@@ plugins/${tutorialPlugin}/${path.join('/')} @@`, ...change, '```']
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

type Line = { readonly sign: ' ' | '+' | '-'; readonly text: string }

/** Lines that went and came, each with its neighbours; a gap is a line with `…`. */
export function showChange(before: readonly string[], after: readonly string[]): readonly string[] {
  const all = compareLines(before, after)
  const isShown = all.map((_, at) => all.slice(Math.max(0, at - linesAround), at + linesAround + 1).some(isChanged))
  return all.flatMap(({ sign, text }, at) => {
    if (isShown[at]) return [`${sign}${text === '' ? '' : ` ${text}`}`.trimEnd()]
    return isShown[at - 1] ? ['  …'] : []
  })
}

const isChanged = ({ sign }: Line): boolean => sign !== ' '

/** By the longest common subsequence: what stays is as much as can stay. */
function compareLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number): number => common[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row--)
    for (let column = after.length - 1; column >= 0; column--)
      common[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))

  const lines: Line[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    const [old = '', young = ''] = [before[row], after[column]]
    if (row < before.length && column < after.length && old === young) {
      lines.push({ sign: ' ', text: old })
      row++
      column++
    } else if (row < before.length && (column === after.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ sign: '-', text: old })
      row++
    } else {
      lines.push({ sign: '+', text: young })
      column++
    }
  }
  return lines
}
