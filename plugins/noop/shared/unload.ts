/** How often the timer of a part turns that must be still once the part has ended. */
export const everyMs = 200

type Earlier = {
  readonly signal: string
  readonly work: string
  readonly stopHandlers: string
  readonly lateTimers: string
  readonly lateSettings: string
  readonly newTimer: string
  readonly files: string
  readonly call: string
}

/** What is seen of a part that has ended, a line for each thing it could have left behind. */
export function leftoverLines(earlier: Earlier): string[] {
  return [
    `its signal: ${earlier.signal}`,
    `its work: ${earlier.work}`,
    `its stop handlers, in the order they ran: ${earlier.stopHandlers}`,
    `turns of its timers after its end: ${earlier.lateTimers}`,
    `settings it heard of after its end: ${earlier.lateSettings}`,
    `a timer begun after its end: ${earlier.newTimer}`,
    `its folder, asked for after its end: ${earlier.files}`,
    `a call made after its end: ${earlier.call}`,
  ]
}

export const nothingLeft = leftoverLines({
  signal: 'aborted',
  work: 'none under way',
  stopHandlers: '2, 1',
  lateTimers: '0',
  lateSettings: '0',
  newTimer: 'unavailable',
  files: 'unavailable',
  call: 'unavailable',
})
