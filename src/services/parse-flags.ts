/** Command line flags: `--home DIR`, `--home=DIR`, `--json`. A mistyped one is refused with the one that was meant. */
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'

export type FlagKinds = Readonly<Record<string, 'text' | 'toggle'>>
export type Flags<K extends FlagKinds> = {
  readonly [N in keyof K]?: K[N] extends 'text' ? string : true
}

/** Flags by name, and what stands beside them. Every command also has `help`, as `--help` or `-h`. */
export function parseFlags<const K extends FlagKinds>(args: readonly string[], kinds: K) {
  const found: Record<string, string | true> = {}
  const words: string[] = []
  let isHelp = false
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--help' || arg === '-h') isHelp = true
    else if (!arg.startsWith('--')) words.push(arg)
    else {
      const { name, value } = splitFlag(arg)
      const kind = kindOf(name, kinds)
      if (kind === 'text') found[name] = value ?? args[++at] ?? refuseMissingValue(name)
      else found[name] = true
    }
  }
  // Each name was checked against `kinds`, and given a value of its kind.
  return { flags: found as Flags<K>, words, isHelp }
}

function splitFlag(arg: string): { name: string; value: string | undefined } {
  const equals = arg.indexOf('=')
  return equals < 0
    ? { name: arg.slice(2), value: undefined }
    : { name: arg.slice(2, equals), value: arg.slice(equals + 1) }
}

function kindOf(name: string, kinds: FlagKinds): 'text' | 'toggle' {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (kind !== undefined) return kind
  const known = [...Object.keys(kinds), 'help']
  const meant = nearestName(name, known)
  const hint = meant ? `did you mean --${meant}?` : `known are ${known.map((each) => `--${each}`).join(', ')}.`
  throw new PlatformError('bad-input', `The flag --${name} is not known; ${hint}`, { facts: { flag: name } })
}

function refuseMissingValue(name: string): never {
  throw new PlatformError('bad-input', `The flag --${name} needs a value after it.`, { facts: { flag: name } })
}
