/** `bun run bench [name] [--seconds N]`: runs the benches one after the other, each in a process of its own. */
import { resolve } from 'node:path'

const benches = ['fan-out', 'actions', 'action-to-screen', 'event-store']
const args = Bun.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  console.log(
    `bun run bench [name] [--seconds N]\n\nBenches: ${benches.join(', ')}. Each prints a line of JSON a figure, beside a raw reference of the same run.`,
  )
  process.exit(0)
}
const secondsAt = args.indexOf('--seconds')
const named = args.filter((arg, index) => !arg.startsWith('--') && (secondsAt < 0 || index !== secondsAt + 1))
const unknown = named.find((name) => !benches.includes(name))
if (unknown !== undefined) throw new Error(`There is no bench "${unknown}": there are ${benches.join(', ')}.`)
for (const name of named.length > 0 ? named : benches) {
  const flags = secondsAt < 0 ? [] : ['--seconds', args[secondsAt + 1] ?? '']
  const bench = Bun.spawn([process.execPath, resolve(import.meta.dir, `${name}.ts`), ...flags], {
    stdout: 'inherit',
    stderr: 'inherit',
  })
  const code = await bench.exited
  if (code !== 0) process.exit(code)
}
