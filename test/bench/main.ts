/** `bun run bench [name] [--seconds N]`: runs the benches one after the other, each in a process of its own. */
import { resolve } from 'node:path'

const benches = [
  'fan-out',
  'actions',
  'action-to-screen',
  'drain',
  'event-store',
  'rebuild',
  'project-live',
  'parking-lag',
  'jobs',
  'rpc',
  'rest',
  'app-shell',
]
/** Long, so they run only when they are named. */
const longBenches = [
  'event-store-soak [--minutes N]',
  'event-store-opening [--events N] [--folder F]',
  'audit-search [--events N]',
  'verify-chain [--events N]',
  'as-of [--events N]',
  'rebuild-page [--events N] [--kept FILE]',
  'shift-start [--cold true]',
  'cold-start',
  'drain-browser',
]
const args = Bun.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  console.log(
    `bun run bench [name] [--seconds N]\n\nBenches: ${benches.join(', ')}. Each prints a line of JSON a figure, beside a raw reference of the same run.\nOnly when named: ${longBenches.join(', ')}.`,
  )
  process.exit(0)
}
const isFlag = (word: string | undefined) => word?.startsWith('--') === true
// Each flag has a value.
const flags = args.filter((arg, index) => isFlag(arg) || isFlag(args[index - 1]))
const named = args.filter((arg) => !flags.includes(arg))
const known = [...benches, ...longBenches.map((bench) => bench.split(' ')[0] ?? bench)]
const unknown = named.find((name) => !known.includes(name))
if (unknown !== undefined) throw new Error(`There is no bench "${unknown}": there are ${known.join(', ')}.`)
for (const name of named.length > 0 ? named : benches) {
  const bench = Bun.spawn([process.execPath, resolve(import.meta.dir, `${name}.ts`), ...flags], {
    stdout: 'inherit',
    stderr: 'inherit',
  })
  const code = await bench.exited
  if (code !== 0) process.exit(code)
}
