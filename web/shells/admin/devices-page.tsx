import { useSearchParams } from '@solidjs/router'
import { createMemo, type JSX, Show } from 'solid-js'
import { Device } from '#vortex/protocol/device-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Card,
  type Column,
  createNow,
  DataTable,
  EmptyState,
  formatCount,
  formatPlural,
  LiveView,
  Page,
  PageTitle,
  RelativeTime,
  SelectInput,
  StatusPill,
  TextInput,
} from '#web/ui'
import { HelpCard } from './help-card.tsx'
import {
  byNeed,
  type DeviceFilter,
  type DeviceRow,
  deviceFilters,
  deviceHref,
  deviceLook,
  isDeviceFound,
  isShown,
  shortDevice,
  versionWords,
} from './known-device-looks.ts'
import { TwoLines } from './two-lines.tsx'

/** More rows than that nobody looks through, and a browser takes long to draw. */
const rowsShownMax = 300

/** Every device that was ever heard of, connected or not: what is on it that nobody else has, and which ones need somebody. */
export function DevicesPage(): JSX.Element {
  const devices = useObservable(Device, () => ({}))
  const [search, setSearch] = useSearchParams<{ find?: string; show?: string }>()
  const now = createNow()
  const typed = () => (search.find ?? '').trim()
  const filter = (): DeviceFilter => deviceFilters.find(({ value }) => value === search.show)?.value ?? 'all'
  // Once a minute is often enough for an order that depends on how long ago something was.
  const minute = createMemo(() => Math.floor(now() / 60_000) * 60_000)
  const found = createMemo(() =>
    devices.rows
      .filter((row) => isShown(row, filter(), minute()) && (typed() === '' || isDeviceFound(row, typed(), minute())))
      .toSorted(byNeed(minute())),
  )
  const unsentCount = () => found().reduce((sum, { leftCount }) => sum + leftCount, 0)
  const sum = () => `${formatPlural(found().length, 'device')}, ${formatPlural(unsentCount(), 'unsent action')}`
  return (
    <Page>
      <PageTitle
        title="Devices"
        words="Every tablet, laptop and browser that ran an app here, and what is on it that nobody else has yet."
      />
      <div class="flex flex-col gap-5">
        <HelpCard />
        <LiveView of={devices}>
          <Show
            when={devices.rows.length > 0}
            fallback={
              <EmptyState
                title="No device was heard of yet"
                words="Open the field or office app on one, and it shows here."
              />
            }
          >
            <div class="flex flex-col gap-4 sm:flex-row">
              <TextInput
                type="search"
                class="w-full max-w-md"
                label="Find"
                hint="A person, app, version, address, state or id"
                value={search.find ?? ''}
                onInput={(find) => setSearch({ find: find === '' ? undefined : find }, { replace: true })}
              />
              <SelectInput
                class="w-full sm:w-64"
                label="Show"
                value={filter()}
                options={deviceFilters}
                onChange={(show) => setSearch({ show: show === 'all' ? undefined : show }, { replace: true })}
              />
            </div>
            <div class="mt-4">
              <Card
                title="Devices"
                words={found().length > rowsShownMax ? `${sum()}. The first ${rowsShownMax} are shown.` : `${sum()}.`}
                flush
              >
                <DataTable
                  caption="Devices"
                  columns={columns(minute)}
                  rows={found().slice(0, rowsShownMax)}
                  rowProps={(row) => ({ 'data-testid': `device-${row.app}-${row.device}` })}
                  empty={
                    <EmptyState title="No device is like that" words="Other words, or all devices, may show more." />
                  }
                />
              </Card>
            </div>
          </Show>
        </LiveView>
      </div>
    </Page>
  )
}

function columns(now: () => number): readonly Column<DeviceRow>[] {
  return [
    {
      title: 'Device',
      isHeader: true,
      sortBy: (row) => row.user,
      cell: (row) => (
        <TwoLines
          first={
            <a href={deviceHref(row.device)} class="text-accent hover:underline">
              {row.user}, {row.app} <span class="sr-only">on</span>
            </a>
          }
          second={<span class="font-mono">{shortDevice(row.device)}</span>}
        />
      ),
    },
    {
      title: 'State',
      sortBy: (row) => deviceLook(row, now()).title,
      cell: (row) => <StatusPill tone={deviceLook(row, now()).tone}>{deviceLook(row, now()).title}</StatusPill>,
    },
    {
      title: 'Unsent',
      align: 'end',
      sortBy: (row) => row.leftCount,
      cell: (row) => (
        <TwoLines
          first={<span class={row.leftCount > 0 ? 'font-semibold' : ''}>{formatCount(row.leftCount)}</span>}
          second={row.attentionCount > 0 ? `${formatCount(row.attentionCount)} need a person` : ''}
        />
      ),
    },
    {
      title: 'Announced',
      align: 'end',
      sortBy: (row) => row.announcedSeq,
      cell: (row) => formatCount(row.announcedSeq),
    },
    {
      title: 'Acknowledged',
      align: 'end',
      sortBy: (row) => row.acknowledgedSeq,
      cell: (row) => formatCount(row.acknowledgedSeq),
    },
    {
      title: 'Version',
      // Of those that are furthest behind first, as with all numbers.
      sortBy: (row) => (row.versionsBehind === null ? null : -row.versionsBehind),
      cell: (row) => <TwoLines first={row.build === '' ? 'not said' : row.build} second={versionWords(row)} />,
    },
    {
      title: 'Last contact',
      sortBy: (row) => (row.isOnline ? Number.NEGATIVE_INFINITY : -row.lastContactAt),
      cell: (row) => (
        <Show when={!row.isOnline} fallback={<TwoLines first="now" second={`at ${row.services.join(', ')}`} />}>
          <RelativeTime at={row.lastContactAt} />
        </Show>
      ),
    },
  ]
}
