/** Finds the command and runs it. Whatever it throws ends here, as one sentence. */
import { nearestName } from '#kernel/nearest.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { commands } from './commands.ts'

const badUsageExitCode = 2

export async function main(args: readonly string[]): Promise<void> {
  const [asked = 'help', ...rest] = args
  const name = asked === '--help' || asked === '-h' ? 'help' : asked
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) return end(refuseUnknown(name))
  try {
    const command = await entry.load()
    const code = await command.run(rest)
    if (code !== undefined) end(code)
  } catch (error) {
    console.error(isPlatformError(error) ? describeError(error) : error)
    end(isPlatformError(error, 'bad-input') ? badUsageExitCode : 1)
  }
}

function refuseUnknown(name: string): number {
  const meant = nearestName(name, Object.keys(commands))
  console.error(`There is no command "${name}"${meant ? `; did you mean "${meant}"?` : '.'} "help" lists them all.`)
  return badUsageExitCode
}

/** Ends now: a command that has settled left nothing worth waiting for. */
function end(code: number): void {
  process.exit(code)
}

if (import.meta.main) await main(process.argv.slice(2))
