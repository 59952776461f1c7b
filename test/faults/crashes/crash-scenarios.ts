import { appendCrashes } from './append-crashes.ts'
import type { CrashScenario } from './crash-scenario.ts'
import { persistentSubscriptionCrashes } from './persistent-subscription-crashes.ts'
import { scavengeCrashes } from './scavenge-crashes.ts'
import { tornLogCrashes } from './torn-log-crashes.ts'

export const crashScenarios: { readonly [name: string]: CrashScenario } = {
  appends: appendCrashes,
  'persistent-subscriptions': persistentSubscriptionCrashes,
  'torn-log': tornLogCrashes,
  scavenges: scavengeCrashes,
}
