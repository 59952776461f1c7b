import { type JSX, Show } from 'solid-js'
import { DeviceConnection, ServiceStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { useObservable } from '#web/sdk'
import {
  Card,
  type Column,
  DataTable,
  EmptyState,
  formatBytes,
  formatCount,
  LiveView,
  Page,
  PageTitle,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import { type ServiceRow, serviceLook } from './status-looks.ts'

type DeviceRow = TupleOf<typeof DeviceConnection>

export function ServicesPage(): JSX.Element {
  const services = useObservable(ServiceStatus, () => ({}))
  const devices = useObservable(DeviceConnection, () => ({}))
  return (
    <Page>
      <PageTitle title="Services" words="The processes that run now, and the devices they hold connections of." />
      <div class="flex flex-col gap-5">
        <Card title="Services" flush>
          <LiveView of={services}>
            <DataTable
              caption="Services"
              columns={serviceColumns}
              rows={services.rows}
              rowProps={(row) => ({ 'data-testid': `service-${row.id}` })}
              empty={<EmptyState title="No service has reported yet" words="They appear within a few seconds." />}
            />
          </LiveView>
        </Card>
        <Card title="Connected devices" flush>
          <LiveView of={devices}>
            <DataTable
              caption="Connected devices"
              columns={deviceColumns}
              rows={devices.rows}
              empty={
                <EmptyState title="No device is connected" words="Open the field or office app to see one here." />
              }
            />
          </LiveView>
        </Card>
      </div>
    </Page>
  )
}

/** Above this the process is too busy to answer at once. */
const loopDelayMsNormal = 100

const serviceColumns: readonly Column<ServiceRow>[] = [
  { title: 'Service', isHeader: true, cell: (row) => <TwoLines first={row.name} second={row.build} /> },
  { title: 'State', cell: (row) => <StatusPill tone={serviceLook(row).tone}>{serviceLook(row).title}</StatusPill> },
  {
    title: 'Machine',
    cell: (row) => <TwoLines first={`${row.host}, process ${row.pid}`} second={row.url ?? 'no address of its own'} />,
  },
  { title: 'Started', cell: (row) => <RelativeTime at={row.startedAt} /> },
  { title: 'Last heard', cell: (row) => <RelativeTime at={row.lastSeenAt} /> },
  { title: 'Sessions', align: 'end', cell: (row) => formatCount(row.sessionCount) },
  { title: 'Observations', align: 'end', cell: (row) => formatCount(row.observationCount) },
  {
    title: 'Memory',
    align: 'end',
    cell: (row) => <span class="whitespace-nowrap">{formatBytes(row.memoryBytes)}</span>,
  },
  { title: 'Loop delay', align: 'end', cell: (row) => <LoopDelay lengthMs={row.loopDelayMs} /> },
]

const deviceColumns: readonly Column<DeviceRow>[] = [
  { title: 'Device', isHeader: true, cell: (row) => <TwoLines first={row.device} second={row.address} /> },
  { title: 'Person', cell: (row) => row.user },
  { title: 'App', cell: (row) => <TwoLines first={row.app} second={row.build} /> },
  { title: 'Service', cell: (row) => row.service },
  { title: 'Connected', cell: (row) => <RelativeTime at={row.since} /> },
  {
    title: 'Last action',
    cell: (row) => (
      <Show when={row.lastActionAt} fallback="–">
        {(at) => <RelativeTime at={at()} />}
      </Show>
    ),
  },
  { title: 'Observations', align: 'end', cell: (row) => formatCount(row.observationCount) },
  { title: 'Waiting to send', align: 'end', cell: (row) => formatBytes(row.queuedBytes) },
]

function TwoLines(props: { readonly first: string; readonly second: string }): JSX.Element {
  return (
    <>
      <span class="block">{props.first}</span>
      <span class="block text-xs font-normal whitespace-nowrap text-ink-muted">{props.second}</span>
    </>
  )
}

function LoopDelay(props: { readonly lengthMs: number }): JSX.Element {
  const words = () => `${Math.round(props.lengthMs)} ms`
  return (
    <Show when={props.lengthMs > loopDelayMsNormal} fallback={<span class="whitespace-nowrap">{words()}</span>}>
      <StatusPill tone="warning" title="The process was too busy to answer for this long">
        {words()}
      </StatusPill>
    </Show>
  )
}
