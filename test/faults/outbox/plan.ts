import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { type NoteWord, slotCount } from './crew.ts'

/**
 * What happens in one schedule, as data: made from a seed, so that it can be printed, replayed, and made shorter.
 */
export type Plan = {
  readonly seed: number
  readonly devices: readonly DevicePlan[]
  /** The plugin on logic is of a year ago at first, where it is 1. */
  readonly serverVersion: 1 | 2
  readonly steps: readonly Step[]
  /** When everything is mended. */
  readonly healAt: number
  /** Connections that died without a word are still dead then: each end has to find out by itself. */
  readonly leavesDead: boolean
}

export type DevicePlan = {
  readonly tabCount: number
  readonly clockOffsetMs: number
  /** Of its app. */
  readonly version: 1 | 2
  readonly sites: readonly string[]
}

export type Deed =
  | {
      readonly do: 'push'
      readonly device: number
      readonly tab: number
      readonly site: string
      readonly slot: number
      readonly word: NoteWord | 'huge'
      /** How many places back among what this device pushed stands what it depends on. */
      readonly dependsOn?: number
    }
  | { readonly do: 'cut'; readonly line: LineName }
  | { readonly do: 'lose'; readonly line: LineName; readonly way: 'up' | 'down' | 'both'; readonly forMs: number }
  | { readonly do: 'disconnect'; readonly line: LineName; readonly forMs: number }
  | { readonly do: 'duplicate'; readonly line: LineName; readonly forMs: number }
  | { readonly do: 'slow'; readonly line: LineName; readonly delayMsMax: number; readonly forMs: number }
  | { readonly do: 'late'; readonly line: LineName; readonly forMs: number }
  | { readonly do: 'sleep'; readonly device: number; readonly forMs: number }
  | { readonly do: 'open-tab'; readonly device: number }
  | { readonly do: 'kill-tab'; readonly device: number; readonly tab: number }
  | { readonly do: 'close-tab'; readonly device: number; readonly tab: number }
  | { readonly do: 'freeze-tab'; readonly device: number; readonly tab: number; readonly forMs: number }
  | { readonly do: 'return'; readonly device: number; readonly tab: number }
  | { readonly do: 'kill-browser'; readonly device: number; readonly forMs: number }
  | { readonly do: 'kill-field'; readonly isSilent: boolean; readonly forMs: number }
  | { readonly do: 'kill-logic'; readonly isSilent: boolean; readonly forMs: number }
  | { readonly do: 'upgrade-server' }
  | { readonly do: 'upgrade'; readonly device: number }
  | { readonly do: 'store-away'; readonly forMs: number }
  | { readonly do: 'store-lossy'; readonly forMs: number }
  | { readonly do: 'full'; readonly device: number; readonly chance: number; readonly forMs: number }
  | { readonly do: 'set-clock'; readonly device: number; readonly byMs: number }
  | { readonly do: 'sign-out'; readonly device: number; readonly forMs: number }
  | { readonly do: 'person'; readonly device: number; readonly tab: number; readonly act: PersonAct }
export type PersonAct = 'resend' | 'discard' | 'release' | 'retry'
/** `device-<n>`, or the link between field and logic. */
export type LineName = string
export type Step = { readonly at: number; readonly deed: Deed }

export const linkName = 'link'
export const lineOf = (device: number): LineName => `device-${device}`

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

export function makePlan(seed: number): Plan {
  const random = createSeededRandom(seed)
  const upTo = (count: number): number => Math.floor(random() * count)
  const devices = Array.from({ length: random() < 0.65 ? 1 : 2 + upTo(2) }, (_, device): DevicePlan => {
    const tabCount = random() < 0.5 ? 1 : 2 + upTo(2)
    const clockOffsetMs = random() < 0.7 ? 0 : Math.round((random() * 2 - 1) * day)
    const sites = ['shared', `own-${device}`, `other-${device}`].slice(0, 1 + upTo(3))
    return { tabCount, clockOffsetMs, version: random() < 0.3 ? 1 : 2, sites }
  })
  // A year ago nobody spoke version 2; once the platform does, both may come.
  const serverVersion = devices.every(({ version }) => version === 1) && random() < 0.7 ? 1 : 2
  const lengthMs = pickOne(random, [
    30 * second,
    2 * minute,
    2 * minute,
    10 * minute,
    random() < 0.3 ? 3 * hour : minute,
  ])
  const troubles = pickTroubles(random)
  const at = (): number => Math.round(random() * lengthMs)
  const steps: Step[] = []

  const pushCount = 3 + upTo(25)
  for (let push = 0; push < pushCount; push++) steps.push({ at: at(), deed: makePush(random, devices) })
  const burstAt = (start: number): void => {
    const same = makePush(random, devices)
    for (let n = 2 + upTo(8); n > 0; n--) {
      const { word, slot } = makePush(random, devices)
      steps.push({ at: start + upTo(400), deed: { ...same, word, slot } })
    }
  }
  // What a person does in one place comes in quick succession, and likes to meet a trouble.
  for (let burst = upTo(2); burst > 0; burst--) burstAt(at())
  for (let trouble = 1 + upTo(8); trouble > 0; trouble--) {
    const troubledAt = at()
    const deed = makeTrouble(pickOne(random, troubles), { random, devices, lengthMs })
    if (deed) steps.push({ at: troubledAt, deed })
    if (random() < 0.3) burstAt(Math.max(0, troubledAt - upTo(600)))
  }
  for (let n = upTo(4); n > 0; n--) steps.push({ at: at(), deed: makePersonAct(random, devices) })
  if (serverVersion === 1 && random() < 0.8) {
    const upgradedAt = at()
    steps.push({ at: upgradedAt, deed: { do: 'upgrade-server' } })
    for (const [device] of devices.entries())
      if (random() < 0.7) steps.push({ at: upgradedAt + 5 * second + upTo(minute), deed: { do: 'upgrade', device } })
  }
  if (serverVersion === 2)
    for (const [device, { version }] of devices.entries())
      if (version === 1 && random() < 0.6) steps.push({ at: at(), deed: { do: 'upgrade', device } })

  steps.sort((a, b) => a.at - b.at)
  const healAt = Math.max(lengthMs, ...steps.map((step) => step.at)) + second
  return { seed, devices, serverVersion, steps, healAt, leavesDead: random() < 0.3 }
}

type Trouble = Deed['do']
const allTroubles: readonly Trouble[] = [
  'cut',
  'lose',
  'disconnect',
  'duplicate',
  'slow',
  'late',
  'sleep',
  'open-tab',
  'kill-tab',
  'close-tab',
  'freeze-tab',
  'return',
  'kill-browser',
  'kill-field',
  'kill-logic',
  'store-away',
  'store-lossy',
  'full',
  'set-clock',
  'sign-out',
]

/** A few kinds only: what many at once hide, few of them show. */
function pickTroubles(random: Random): readonly Trouble[] {
  const count = 1 + Math.floor(random() * 6)
  return Array.from({ length: count }, () => pickOne(random, allTroubles))
}

function makePush(random: Random, devices: readonly DevicePlan[]): Deed & { do: 'push' } {
  const device = Math.floor(random() * devices.length)
  const sites = devices[device]?.sites ?? ['shared']
  const chance = random()
  const word =
    chance < 0.7
      ? 'plain'
      : chance < 0.8
        ? 'erase'
        : chance < 0.9
          ? 'refuse'
          : chance < 0.94
            ? 'change'
            : chance < 0.98
              ? 'break'
              : 'huge'
  return {
    do: 'push',
    device,
    tab: Math.floor(random() * 3),
    site: pickOne(random, sites),
    slot: Math.floor(random() * slotCount),
    word,
    ...(random() < 0.15 && { dependsOn: 1 + Math.floor(random() * 4) }),
  }
}

function makePersonAct(random: Random, devices: readonly DevicePlan[]): Deed {
  const act = pickOne<PersonAct>(random, ['resend', 'resend', 'discard', 'release', 'retry'])
  return { do: 'person', device: Math.floor(random() * devices.length), tab: Math.floor(random() * 3), act }
}

function makeTrouble(
  trouble: Trouble,
  { random, devices, lengthMs }: { random: Random; devices: readonly DevicePlan[]; lengthMs: number },
): Deed | undefined {
  const device = Math.floor(random() * devices.length)
  const tab = Math.floor(random() * 3)
  const line = random() < 0.7 ? lineOf(device) : linkName
  const forMs = Math.round(Math.min(lengthMs, random() < 0.6 ? random() * 5 * second : random() * lengthMs))
  switch (trouble) {
    case 'cut':
      return { do: 'cut', line }
    case 'lose':
      return { do: 'lose', line, way: pickOne(random, ['up', 'down', 'both'] as const), forMs }
    case 'disconnect':
    case 'duplicate':
    case 'late':
      return { do: trouble, line, forMs }
    case 'slow':
      return { do: 'slow', line, delayMsMax: Math.round(random() * 8 * second), forMs }
    case 'sleep':
    case 'kill-browser':
    case 'sign-out':
      return { do: trouble, device, forMs }
    case 'open-tab':
      return { do: trouble, device }
    case 'kill-tab':
    case 'close-tab':
    case 'return':
      return { do: trouble, device, tab }
    case 'freeze-tab':
      return { do: trouble, device, tab, forMs }
    case 'kill-field':
    case 'kill-logic':
      return { do: trouble, isSilent: random() < 0.3, forMs: Math.min(forMs, 2 * minute) }
    case 'store-away':
    case 'store-lossy':
      return { do: trouble, forMs: Math.min(forMs, 2 * minute) }
    case 'full':
      return { do: trouble, device, chance: pickOne(random, [0.2, 0.6, 1]), forMs }
    case 'set-clock':
      return { do: trouble, device, byMs: pickOne(random, [day, -day, 90 * second, -90 * second, hour, -hour]) }
    default:
      return undefined
  }
}

/** One line a step, for whoever reads what a seed does. */
export function describePlan(plan: Plan): readonly string[] {
  const head = plan.devices.map(
    ({ tabCount, clockOffsetMs, version, sites }, device) =>
      `device ${device}: ${tabCount} tabs, clock off by ${Math.round(clockOffsetMs / 1_000)} s, app ${version}, sites ${sites.join(' ')}`,
  )
  return [
    `seed ${plan.seed}, logic of version ${plan.serverVersion}`,
    ...head,
    ...plan.steps.map(({ at, deed }) => `${toSeconds(at)} ${describeDeed(deed)}`),
    `${toSeconds(plan.healAt)} all is mended${plan.leavesDead ? ', dead connections are left dead' : ''}`,
  ]
}

export function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3).padStart(10)} s`
}

export function describeDeed({ do: kind, ...facts }: Deed): string {
  const words = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`)
  return `${kind} ${words.join(', ')}`.trim()
}
