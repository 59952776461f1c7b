/**
 * Who imports whom, read from the text of the sources: type imports included, which leave no trace at run time.
 *
 * Reads statements as our formatter writes them: each begins on a line of its own.
 */
import { dirname, join } from 'node:path'
import projectPackage from '../../package.json' with { type: 'json' }
import type { SourceFile } from './source-files.ts'

export type Import = {
  readonly from: string
  /** As written. */
  readonly specifier: string
  /** A file of ours from the project folder, or the name of a package, `node:fs` and `bun:sqlite` included. */
  readonly target: string
  readonly isOurs: boolean
  /** Nothing of it is there at run time. */
  readonly isTypeOnly: boolean
}

const statement = /^(?:import|export)\s+(type\s+)?(?:[\w$*,{}\s]+?\s+from\s+)?['"]([^'"]+)['"]/gm
const dynamicImport = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
const aliases: Readonly<Record<string, string>> = projectPackage.imports

export function listImports(file: SourceFile): Import[] {
  const text = withoutComments(file.text)
  const found: Import[] = []
  for (const [, typeWord, specifier = ''] of text.matchAll(statement))
    found.push(toImport(file.path, specifier, typeWord !== undefined))
  for (const [, specifier = ''] of text.matchAll(dynamicImport)) found.push(toImport(file.path, specifier, false))
  return found
}

/** Only whole-line and block comments: a `//` inside a text must stay. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
}

function toImport(from: string, specifier: string, isTypeOnly: boolean): Import {
  const plain = specifier.replace(/\?.*$/, '')
  if (plain.startsWith('.')) return { from, specifier, target: join(dirname(from), plain), isOurs: true, isTypeOnly }
  if (plain.startsWith('#')) return { from, specifier, target: resolveAlias(plain), isOurs: true, isTypeOnly }
  return { from, specifier, target: toPackageName(plain), isOurs: false, isTypeOnly }
}

/** The longest pattern wins, as in Node's own rules. */
export function resolveAlias(specifier: string): string {
  const exact = aliases[specifier]
  if (exact) return exact.slice(2)
  const patterns = Object.entries(aliases).filter(
    ([pattern]) => pattern.endsWith('*') && specifier.startsWith(pattern.slice(0, -1)),
  )
  patterns.sort(([a], [b]) => b.length - a.length)
  const [pattern = '#*', target = './src/*'] = patterns[0] ?? []
  return target.slice(2).replace('*', specifier.slice(pattern.length - 1))
}

function toPackageName(specifier: string): string {
  if (/^(node|bun):/.test(specifier)) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

/** Circles of files that need each other at run time, each once, as the path around it. */
export function findCycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>()
  for (const { from, target, isOurs, isTypeOnly } of imports) {
    if (isOurs && !isTypeOnly) next.set(from, [...(next.get(from) ?? []), target])
  }
  const cycles: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (file: string): void => {
    const at = way.indexOf(file)
    if (at >= 0) cycles.push([...way.slice(at), file].join(' -> '))
    if (at >= 0 || done.has(file)) return
    way.push(file)
    for (const target of next.get(file) ?? []) visit(target)
    way.pop()
    done.add(file)
  }
  for (const file of next.keys()) visit(file)
  return cycles
}
