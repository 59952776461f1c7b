import CircleCheck from 'lucide-solid/icons/circle-check'
import { For, type JSX, Show } from 'solid-js'
import { Device } from '#vortex/protocol/device-tuples.ts'
import { HelpRequest } from '#vortex/protocol/help-request.ts'
import { JobQueueStatus } from '#vortex/protocol/job-tuples.ts'
import {
  DeviceConnection,
  PartStatus,
  ProjectionStatus,
  ReactorStatus,
  RebuildStatus,
  ServiceStatus,
} from '#vortex/protocol/platform-tuples.ts'
import { EventStoreStatus, StoreGroupStatus } from '#vortex/protocol/store-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Card,
  createNow,
  EmptyState,
  formatCount,
  formatLength,
  List,
  ListRow,
  LiveView,
  Page,
  PageTitle,
  StatusPill,
} from '#web/ui'
import { HomeTiles } from '../kit/home-tiles.tsx'
import { helpConcerns } from './help-records.ts'
import { jobConcerns } from './job-looks.ts'
import { deviceConcerns } from './known-device-looks.ts'
import { reactorConcerns } from './reactor-looks.ts'
import { partConcerns } from './service-looks.ts'
import { byUrgency, concerns } from './status-looks.ts'

/** The first look of a shift: what needs somebody, and a few numbers that should look as always. */
export function AdminHome(): JSX.Element {
  const services = useObservable(ServiceStatus, () => ({}))
  const parts = useObservable(PartStatus, () => ({}))
  const projections = useObservable(ProjectionStatus, () => ({}))
  const reactors = useObservable(ReactorStatus, () => ({}))
  const queues = useObservable(JobQueueStatus, () => ({}))
  const devices = useObservable(DeviceConnection, () => ({}))
  const known = useObservable(Device, () => ({}))
  const help = useObservable(HelpRequest, () => ({ state: 'open' }))
  const now = createNow()
  const stores = useObservable(EventStoreStatus, () => ({}))
  const groups = useObservable(StoreGroupStatus, () => ({}))
  const rebuilds = useObservable(RebuildStatus, () => ({}))
  const found = () =>
    [
      ...concerns({
        services: services.rows,
        projections: projections.rows,
        stores: stores.rows,
        groups: groups.rows,
        rebuilds: rebuilds.rows,
      }),
      ...parts.rows.flatMap(partConcerns),
      ...reactors.rows.flatMap(reactorConcerns),
      ...queues.rows.flatMap(jobConcerns),
      ...known.rows.flatMap((device) => deviceConcerns(device, now())),
      ...helpConcerns(help.rows),
    ].sort(byUrgency)
  const online = () => services.rows.filter((service) => service.state === 'online').length
  const live = () => projections.rows.filter((projection) => projection.live).length
  const lagSeconds = () => Math.max(0, ...projections.rows.map((projection) => projection.lagSeconds))
  return (
    <Page>
      <PageTitle title="Home" words="What needs attention, and how the platform is." />
      <div class="flex flex-col gap-5">
        <dl class="grid grid-cols-2 gap-3 lg:grid-cols-4">
          <Figure title="Services online" href="/services" value={`${online()} of ${services.rows.length}`} />
          <Figure title="Devices connected" href="/devices" value={formatCount(devices.rows.length)} />
          <Figure title="Projections live" href="/projections" value={`${live()} of ${projections.rows.length}`} />
          <Figure title="Longest delay" href="/projections" value={formatLength(lagSeconds() * 1_000)} />
        </dl>
        <LiveView of={services}>
          <Show
            when={found().length > 0}
            fallback={
              <Card>
                <EmptyState
                  icon={<CircleCheck aria-hidden="true" />}
                  title="Nothing needs attention"
                  words="All services are online and all projections follow the log."
                />
              </Card>
            }
          >
            <List label="Needs attention">
              <For each={found()}>
                {(concern) => (
                  <ListRow actions={<StatusPill tone={concern.look.tone}>{concern.look.title}</StatusPill>}>
                    <a href={concern.href} class="font-medium hover:underline">
                      {concern.title}
                    </a>
                    <p class="text-sm break-words text-ink-muted">{concern.words}</p>
                  </ListRow>
                )}
              </For>
            </List>
          </Show>
        </LiveView>
        <HomeTiles />
      </div>
    </Page>
  )
}

function Figure(props: { readonly title: string; readonly value: string; readonly href: string }): JSX.Element {
  return (
    <div class="rounded-card border border-line bg-surface px-4 py-3">
      <dt class="text-sm text-ink-muted">
        <a href={props.href} class="hover:underline">
          {props.title}
        </a>
      </dt>
      <dd class="mt-0.5 text-2xl font-semibold tracking-tight tabular-nums">{props.value}</dd>
    </div>
  )
}
