/** The console of `up` for people: once everything runs where to click, then one line a change. */
import { join, relative } from 'node:path'
import type { ServiceRole } from '#config/options/role-options.ts'
import type { PartName, SupervisorEvent } from '#services/supervisor/supervisor-event.ts'

export type UpConsoleOptions = {
  readonly home: string
  /** The administrator who can always sign in. */
  readonly recoveryUser: string
  readonly roles: readonly ServiceRole[]
  readonly isColoured: boolean
  readonly write?: (line: string) => void
}

type Paint = (text: string) => string

type Row = { readonly part: PartName; readonly title: string; readonly words: string }

/** What a person opens. */
const appRows: readonly Row[] = [
  { part: 'field', title: 'Field app', words: 'for people in the field' },
  { part: 'office', title: 'Office app', words: 'for the control room' },
  { part: 'logic', title: 'Admin app', words: 'for administrators' },
]
/** What works behind the apps. */
const backRows: readonly Row[] = [
  { part: 'agent', title: 'Agent', words: 'links to outside systems' },
  { part: 'worker', title: 'Worker', words: 'background jobs' },
  { part: 'event-store', title: 'Event store', words: 'embedded' },
  { part: 'postgres', title: 'PostgreSQL', words: 'embedded' },
]

export function createUpConsole(options: UpConsoleOptions): (event: SupervisorEvent) => void {
  const { home, isColoured, write = (line) => console.log(line) } = options
  const [bold, green, yellow, dim] = [1, 32, 33, 2].map(
    (code): Paint =>
      (text) =>
        isColoured ? `\u001b[${code}m${text}\u001b[0m` : text,
  ) as [Paint, Paint, Paint, Paint]
  const urls = new Map<PartName, string>()
  let isUp = false
  write(dim(`Starting Peek in ${showPath(home)} ...`))

  return (event) => {
    switch (event.event) {
      case 'ready':
        urls.set(event.service, event.url)
        if (isUp) write(`${green('back')}  ${titleOf(event.service)} ${event.url}`)
        break
      case 'down':
        write(
          `${yellow('down')}  ${titleOf(event.service)}: ${toOneLine(event.words) || `ended with ${event.code}`}; starts again in ${event.restartInMs} ms`,
        )
        break
      case 'restarting':
        write(`${yellow('again')} ${titleOf(event.service)} is restarted, ${toOneLine(event.words)}`)
        break
      case 'note':
        write(dim(event.words))
        break
      case 'up':
        isUp = true
        for (const line of makeSummary(event.seconds)) write(line)
        break
      case 'stopping':
        write(dim('Stopping ...'))
        break
      case 'stopped':
        write(dim(`      ${titleOf(event.service)} stopped`))
        break
    }
  }

  function makeSummary(seconds: number): string[] {
    const apps = makeTable(appRows, green)
    const rest = makeTable(backRows, dim)
    const groups = [[bold(`Peek is up in ${seconds.toFixed(1)} s.`)], apps, rest, makeHints()]
    return ['', ...groups.filter((group) => group.length > 0).flatMap((group) => [...group, ''])]
  }

  function makeTable(rows: readonly Row[], paint: Paint): string[] {
    const shown = rows.filter(({ part }) => urls.has(part)).map((row) => ({ ...row, url: urls.get(row.part) ?? '' }))
    const width = Math.max(...shown.map(({ url }) => url.length))
    return shown.map(({ title, url, words }) => `  ${title.padEnd(12)} ${paint(url.padEnd(width))}  ${dim(words)}`)
  }

  function makeHints(): string[] {
    const config = showPath(join(home, 'logic', 'config.json'))
    const place = dim('(httpServer.admin.recoveryUser.password)')
    const signIn = `  Admin sign-in: user "${options.recoveryUser}", password in ${config} ${place}`
    const rest = [`  Logs: ${showPath(join(home, '<service>', 'logs'))}`, '  Ctrl-C stops everything.']
    return options.roles.includes('logic') ? [signIn, ...rest] : rest
  }
}

function titleOf(part: PartName): string {
  return [...appRows, ...backRows].find((row) => row.part === part)?.title ?? part
}

/** From here, when it is below here. */
function showPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}

/** Of a crash report, the line that names the error; the whole is in the log of `up`. */
function toOneLine(words: string): string {
  const lines = Bun.stripANSI(words)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.find((line) => /^\w*error:/i.test(line)) ?? lines[0] ?? ''
}
