import { type Accessor, createSignal, onCleanup } from 'solid-js'

/**
 * The time, moved on every second for as long as somebody shows it. All readers share one timer; it stops with the
 * last of them.
 */
export function createNow(): Accessor<number> {
  if (readerCount++ === 0) startTicking()
  onCleanup(() => {
    if (--readerCount === 0) clearInterval(timer)
  })
  return now
}

const [now, setNow] = createSignal(Date.now())
let readerCount = 0
let timer: ReturnType<typeof setInterval> | undefined

function startTicking(): void {
  setNow(Date.now())
  timer = setInterval(() => setNow(Date.now()), 1_000)
}
