import CircleCheck from 'lucide-solid/icons/circle-check'
import { For, type JSX, Show } from 'solid-js'
import {
  DeviceConnection,
  EventStoreStatus,
  ProjectionStatus,
  ReactorStatus,
  RebuildStatus,
  ServiceStatus,
  StoreGroupStatus,
} from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Card,
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
import { reactorConcerns } from './reactor-looks.ts'
import { byUrgency, concerns } from './status-looks.ts'

/** The first look of a shift: what needs somebody, and a few numbers that should look as always. */
export function AdminHome(): JSX.Element {
  const services = useObservable(ServiceStatus, () => ({}))
  const projections = useObservable(ProjectionStatus, () => ({}))
  const reactors = useObservable(ReactorStatus, () => ({}))
  const devices = useObservable(DeviceConnection, () => ({}))
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
      ...reactors.rows.flatMap(reactorConcerns),
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
          <Figure title="Devices connected" href="/services" value={formatCount(devices.rows.length)} />
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
