import { For, type JSX, Show } from 'solid-js'
import { Card, formatBytes, formatCount, formatInstant, formatLength } from '#web/ui'
import type { StoreRow } from './status-looks.ts'

export const notReported = 'not reported by this server'

/** Size, room, and what the server is. */
export function StoreFiguresCard(props: { readonly status: StoreRow }): JSX.Element {
  const bytes = (value: number | null) => (value === null ? undefined : formatBytes(value))
  const count = (value: number | null) => (value === null ? undefined : formatCount(value))
  const figures = (): readonly Figure[] => [
    { title: 'Events', value: count(props.status.eventCount), note: streams(props.status) },
    { title: 'Size on the disk', value: bytes(sizeOf(props.status)), note: free(props.status) },
    { title: 'Free on the disk', value: bytes(props.status.diskFreeBytes) },
    { title: 'Memory', value: bytes(props.status.memoryBytes), note: processor(props.status) },
    { title: 'Open calls', value: count(props.status.openCalls), note: waiting(props.status) },
  ]
  return (
    <Card title="Size" words={identity(props.status)}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-5 sm:grid-cols-3 lg:grid-cols-5" data-testid="store-figures">
        <For each={figures()}>{(figure) => <FigureCell figure={figure} />}</For>
      </dl>
    </Card>
  )
}

type Figure = { readonly title: string; readonly value: string | undefined; readonly note?: string | undefined }

function FigureCell(props: { readonly figure: Figure }): JSX.Element {
  return (
    <div class="min-w-0">
      <dt class="text-sm text-ink-muted">{props.figure.title}</dt>
      <Show
        when={props.figure.value}
        fallback={<dd class="mt-0.5 text-sm text-balance text-ink-muted italic">{notReported}</dd>}
      >
        <dd class="mt-0.5 text-xl font-semibold tracking-tight tabular-nums">{props.figure.value}</dd>
        <Show when={props.figure.note}>
          <dd class="text-xs text-ink-muted">{props.figure.note}</dd>
        </Show>
      </Show>
    </div>
  )
}

function streams({ streamCount }: StoreRow): string | undefined {
  return streamCount === null ? undefined : `in ${formatCount(streamCount)} streams`
}

/** The file, and the log of what is not moved into it yet. */
function sizeOf({ fileBytes, walBytes }: StoreRow): number | null {
  return fileBytes === null ? null : fileBytes + (walBytes ?? 0)
}

function free({ freeBytes }: StoreRow): string | undefined {
  return freeBytes ? `${formatBytes(freeBytes)} of it to be reused` : undefined
}

function processor({ cpuPercent }: StoreRow): string | undefined {
  return cpuPercent === null ? undefined : `${Math.round(cpuPercent)} % of a processor core`
}

function waiting({ waitingAppends }: StoreRow): string | undefined {
  if (waitingAppends === null) return undefined
  return waitingAppends === 0 ? 'no append waits' : `${formatCount(waitingAppends)} appends wait`
}

function identity({ address, version, durability, startedAt }: StoreRow): string {
  const parts = [
    address,
    version === null ? '' : `speaks ${version}`,
    durability === 'normal' ? 'the last moments may be lost when the power fails' : '',
    durability === 'full' ? 'survives a power failure' : '',
    startedAt === null
      ? ''
      : `runs for ${formatLength(Math.max(0, Date.now() - startedAt))}, since ${formatInstant(startedAt)}`,
  ]
  return parts.filter((part) => part !== '').join(' · ')
}
