/** Walks option groups and the values that belong to them, key by dotted key. */
import { isJsonObject } from '#kernel/json.ts'
import { isOption, type Option, type OptionGroup } from './option.ts'

export type KeyedOption = { readonly key: string; readonly option: Option<unknown> }
export type Tree = { [key: string]: unknown }

export function listOptions(group: OptionGroup, prefix = ''): KeyedOption[] {
  return Object.entries(group).flatMap(([name, node]) => {
    const key = `${prefix}${name}`
    return isOption(node) ? [{ key, option: node }] : listOptions(node, `${key}.`)
  })
}

/** What stands at the key, or undefined. */
export function findAt(tree: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((node, name) => (isJsonObject(node) && Object.hasOwn(node, name) ? node[name] : undefined), tree)
}

/** The first step on the way to the key that is something else than a group, such as `httpServer: 5`. */
export function findBlockedStep(
  tree: Tree,
  key: string,
): { readonly key: string; readonly found: unknown } | undefined {
  const names = key.split('.')
  for (let length = 1; length < names.length; length++) {
    const step = names.slice(0, length).join('.')
    const found = findAt(tree, step)
    if (found === undefined) return undefined
    if (!isJsonObject(found)) return { key: step, found }
  }
  return undefined
}

/** Sets the key, making groups on the way. The way must not be blocked. */
export function setAt(tree: Tree, key: string, value: unknown): void {
  const names = key.split('.')
  const last = names.pop() ?? key
  let node = tree
  for (const name of names) {
    node[name] ??= {}
    node = node[name] as Tree
  }
  node[last] = value
}

/** Keys of the tree that no option has; a wholly unknown group counts once. */
export function listUnknownKeys(tree: Tree, group: OptionGroup, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const node = Object.hasOwn(group, name) ? group[name] : undefined
    const key = `${prefix}${name}`
    if (node === undefined) return [key]
    return isOption(node) || !isJsonObject(value) ? [] : listUnknownKeys(value as Tree, node, `${key}.`)
  })
}
