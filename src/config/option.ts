/**
 * One configuration option as data. From it come the key in config.json, its default, its check, its override by the
 * environment and its line of help.
 *
 * An option group is a plain object of options and groups; the place in it is the key: `httpServer.admin.sitePort`.
 */
import type { VariableName } from './environment.ts'

/** What a default may depend on. */
export type DefaultSource = {
  /** Random letters and digits. */
  readonly makeSecret: (length: number) => string
  /** The secret all services of one home folder share. */
  readonly serviceSecret: () => string
}

export type Option<T> = {
  readonly words: string
  /** Completes the sentence "wanted …". */
  readonly wanted: string
  readonly variable?: VariableName
  /** Never shown. */
  readonly isSecret: boolean
  /** How help shows the default. */
  readonly defaultWords: string
  readonly makeDefault: (source: DefaultSource) => T
  /** The value, or undefined when `found` is not what is wanted. */
  readonly parse: (found: unknown) => T | undefined
  /** From the text of an environment variable to what would stand in config.json. */
  readonly fromText: (text: string) => unknown
}

export type OptionGroup = { readonly [key: string]: Option<unknown> | OptionGroup }

/** The values a group describes. */
export type ValuesOf<G> = {
  readonly [K in keyof G]: G[K] extends Option<infer T> ? T : ValuesOf<G[K]>
}

type Described<T> = { readonly words: string; readonly default: T; readonly variable?: VariableName }

export function isOption(node: Option<unknown> | OptionGroup): node is Option<unknown> {
  return typeof node.parse === 'function'
}

export function text(
  described: Described<string> & { readonly isSecret?: boolean; readonly lengthMax?: number },
): Option<string> {
  const { isSecret = false, lengthMax = Number.POSITIVE_INFINITY } = described
  return {
    ...common(described),
    wanted: described.lengthMax === undefined ? 'a text' : `a text of at most ${lengthMax} characters`,
    isSecret,
    parse: (found) => (typeof found === 'string' && found.length <= lengthMax ? found : undefined),
    fromText: (written) => written,
  }
}

/** A text made at random when the configuration file is first written. */
export function madeSecret(described: {
  readonly words: string
  readonly variable?: VariableName
  readonly lengthMin: number
  readonly make: (source: DefaultSource) => string
}): Option<string> {
  return {
    ...common({ ...described, default: '' }),
    wanted: `a text of at least ${described.lengthMin} characters`,
    isSecret: true,
    defaultWords: 'made at random',
    makeDefault: described.make,
    parse: (found) => (typeof found === 'string' && found.length >= described.lengthMin ? found : undefined),
    fromText: (written) => written,
  }
}

export function integer(described: Described<number> & { readonly min: number; readonly max: number }): Option<number> {
  const { min, max } = described
  return {
    ...common(described),
    wanted: `a whole number from ${min} to ${max}`,
    isSecret: false,
    parse: (found) =>
      typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max ? found : undefined,
    fromText: toNumberIfWritten,
  }
}

/** 0 picks a free port. */
export function port(described: Described<number>): Option<number> {
  return {
    ...integer({ ...described, min: 0, max: 65_535 }),
    wanted: 'a port: a whole number from 0 (any free) to 65535',
  }
}

export function toggle(described: Described<boolean>): Option<boolean> {
  return {
    ...common(described),
    wanted: 'true or false',
    isSecret: false,
    parse: (found) => (typeof found === 'boolean' ? found : undefined),
    fromText: (written) =>
      written === 'true' || written === '1' ? true : written === 'false' || written === '0' ? false : written,
  }
}

export function oneOf<const T extends string>(described: Described<T> & { readonly choices: readonly T[] }): Option<T> {
  return {
    ...common(described),
    wanted: `one of ${described.choices.map((choice) => `"${choice}"`).join(', ')}`,
    isSecret: false,
    parse: (found) => described.choices.find((choice) => choice === found),
    fromText: (written) => written,
  }
}

export function textList(described: Described<readonly string[]>): Option<readonly string[]> {
  return {
    ...common(described),
    wanted: 'a list of texts',
    isSecret: false,
    parse: (found) => (Array.isArray(found) && found.every((entry) => typeof entry === 'string') ? found : undefined),
    fromText: (written) => written.split(',').map((entry) => entry.trim()),
  }
}

function common<T>(described: Described<T>) {
  return {
    words: described.words,
    ...(described.variable === undefined ? {} : { variable: described.variable }),
    defaultWords: JSON.stringify(described.default),
    makeDefault: () => described.default,
  }
}

function toNumberIfWritten(written: string): unknown {
  return /^-?\d+$/.test(written.trim()) ? Number(written) : written
}
