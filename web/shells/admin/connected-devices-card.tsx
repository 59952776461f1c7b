import { type JSX, Show } from 'solid-js'
import { DeviceConnection } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { useObservable } from '#web/sdk'
import { Card, type Column, DataTable, EmptyState, formatBytes, formatCount, LiveView, RelativeTime } from '#web/ui'
import { TwoLines } from './two-lines.tsx'

/** The devices that the services hold connections of. */
export function ConnectedDevicesCard(): JSX.Element {
  const devices = useObservable(DeviceConnection, () => ({}))
  return (
    <Card title="Connected devices" flush>
      <LiveView of={devices}>
        <DataTable
          caption="Connected devices"
          columns={columns}
          rows={devices.rows}
          empty={<EmptyState title="No device is connected" words="Open the field or office app to see one here." />}
        />
      </LiveView>
    </Card>
  )
}

const columns: readonly Column<TupleOf<typeof DeviceConnection>>[] = [
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
