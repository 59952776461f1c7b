import { useNavigate, useParams } from '@solidjs/router'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from 'solid-js'
import { Device } from '#vortex/protocol/device-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Button,
  ButtonLink,
  Card,
  type Column,
  ConfirmDialog,
  createNow,
  DataTable,
  EmptyState,
  ErrorPanel,
  Fact,
  FactList,
  formatBytes,
  formatCount,
  formatLength,
  formatPlural,
  InlineNotice,
  LiveView,
  Loading,
  Moment,
  Page,
  PageTitle,
  RelativeTime,
  StatusPill,
  showToast,
} from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { type DeviceContactRow, forgetDevice, loadContacts } from './devices-api.ts'
import { HelpCard } from './help-card.tsx'
import {
  clockWords,
  type DeviceRow,
  deviceLook,
  shortDevice,
  troubleWords,
  versionWords,
} from './known-device-looks.ts'
import { TwoLines } from './two-lines.tsx'

/** One device: how each app of each person on it stands, what they asked for, and when it was connected. */
export function KnownDevicePage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const devices = useObservable(Device, () => ({}))
  const rows = createMemo(() => devices.rows.filter(({ device }) => device === params.id))
  const [isForgetting, setForgetting] = createSignal(false)
  const isOnline = () => rows().some((row) => row.isOnline)
  return (
    <Page>
      <a href="/devices" class="mb-2 inline-flex items-center gap-1.5 text-sm text-accent hover:underline">
        <ArrowLeft class="size-4" aria-hidden="true" />
        All devices
      </a>
      <PageTitle
        title={`Device ${shortDevice(params.id)}`}
        words={params.id}
        actions={
          <Show when={rows().length > 0 && !isOnline()}>
            <Button onClick={() => setForgetting(true)}>Forget …</Button>
          </Show>
        }
      />
      <LiveView of={devices}>
        <Show
          when={rows().length > 0}
          fallback={
            <EmptyState
              title="There is no such device"
              words="It was never heard of here, or is forgotten."
              actions={<ButtonLink href="/devices">All devices</ButtonLink>}
            />
          }
        >
          <div class="flex flex-col gap-5">
            <For each={rows()}>{(row) => <DeviceCard row={row} />}</For>
            <HelpCard device={params.id} />
            <ContactsCard
              device={params.id}
              connectionCount={rows().reduce((sum, row) => sum + row.connectionCount, 0)}
            />
          </div>
          <ForgetDialog rows={rows()} open={isForgetting()} onClose={() => setForgetting(false)} />
        </Show>
      </LiveView>
    </Page>
  )
}

function DeviceCard(props: { readonly row: DeviceRow }): JSX.Element {
  const now = createNow()
  const look = () => deviceLook(props.row, now())
  return (
    <Card
      title={`${props.row.app} of ${props.row.user}`}
      actions={<StatusPill tone={look().tone}>{look().title}</StatusPill>}
    >
      <div class="flex flex-col gap-4" data-testid={`device-${props.row.app}-${props.row.device}`}>
        <For each={troubleWords(props.row, now())}>
          {(words, place) => (
            <InlineNotice tone={place() === 0 && look().tone === 'alarm' ? 'alarm' : 'warning'}>{words}</InlineNotice>
          )}
        </For>
        <div class="grid gap-x-10 gap-y-3 lg:grid-cols-2">
          <WorkFacts row={props.row} />
          <DeviceFacts row={props.row} />
        </div>
      </div>
    </Card>
  )
}

function WorkFacts(props: { readonly row: DeviceRow }): JSX.Element {
  return (
    <FactList>
      <Fact title="Unsent">
        {formatPlural(props.row.leftCount, 'action')}
        <Show when={props.row.unsentSince}>
          {(since) => (
            <>
              , since <Moment at={since()} />
            </>
          )}
        </Show>
      </Fact>
      <Fact title="Needs a person">{formatPlural(props.row.attentionCount, 'action')}</Fact>
      <Fact title="Announced">up to number {formatCount(props.row.announcedSeq)}</Fact>
      <Fact title="Acknowledged">up to number {formatCount(props.row.acknowledgedSeq)}</Fact>
      <Fact title="As it said">
        <Show when={props.row.toldAt} fallback="It never said how it stands: its app may be too old for that.">
          {(at) => <RelativeTime at={at()} />}
        </Show>
      </Fact>
    </FactList>
  )
}

function DeviceFacts(props: { readonly row: DeviceRow }): JSX.Element {
  return (
    <FactList>
      <Fact title="Last contact">
        <Show when={props.row.isOnline} fallback={<Moment at={props.row.lastContactAt} />}>
          now, at {props.row.services.join(', ')} ({formatPlural(props.row.connectionCount, 'connection')})
        </Show>
      </Fact>
      <Fact title="First contact">
        <Moment at={props.row.firstContactAt} />
      </Fact>
      <Fact title="Version">
        {props.row.build || 'not said'}, {versionWords(props.row)}
      </Fact>
      <Fact title="Kept for offline">{formatPlural(props.row.cachedCount, 'list')}</Fact>
      <Fact title="Storage">
        {props.row.storageUsedBytes === null ? 'not said' : `${formatBytes(props.row.storageUsedBytes)} used`}
        {props.row.storageQuotaBytes === null ? '' : ` of ${formatBytes(props.row.storageQuotaBytes)}`}
      </Fact>
      <Fact title="Clock">{clockWords(props.row)}</Fact>
      <Fact title="Address">{props.row.address}</Fact>
    </FactList>
  )
}

function ContactsCard(props: { readonly device: string; readonly connectionCount: number }): JSX.Element {
  const contacts = createLoaded(() => props.device, loadContacts)
  createEffect(
    on(
      () => props.connectionCount,
      () => contacts.reload(),
      { defer: true },
    ),
  )
  return (
    <Card title="Connections" words="When it was connected, the latest first." flush>
      <Show
        when={contacts.state() !== 'failed'}
        fallback={
          <ErrorPanel
            title="Its connections cannot be shown"
            words={contacts.words() ?? ''}
            onRetry={() => contacts.reload()}
          />
        }
      >
        <Show when={contacts.value()} fallback={<Loading label="Loading its connections" lineCount={3} />}>
          {(rows) => (
            <DataTable
              caption="Connections"
              columns={contactColumns}
              rows={rows()}
              empty={<EmptyState title="None is known" words="They are kept from now on." />}
            />
          )}
        </Show>
      </Show>
    </Card>
  )
}

const contactColumns: readonly Column<DeviceContactRow>[] = [
  { title: 'Began', isHeader: true, cell: (row) => <Moment at={row.from} /> },
  { title: 'Lasted', align: 'end', cell: (row) => formatLength(Math.max(0, row.until - row.from)) },
  { title: 'App', cell: (row) => <TwoLines first={`${row.app} of ${row.user}`} second={row.build} /> },
  { title: 'Service', cell: (row) => row.service },
  { title: 'Address', cell: (row) => row.address },
]

function ForgetDialog(props: {
  readonly rows: readonly DeviceRow[]
  readonly open: boolean
  onClose(): void
}): JSX.Element {
  const navigate = useNavigate()
  const leftCount = () => props.rows.reduce((sum, row) => sum + row.leftCount, 0)
  async function forget(reason: string): Promise<void> {
    const [row] = props.rows
    if (!row) return
    await forgetDevice(row.device, reason)
    showToast(`Device ${shortDevice(row.device)} is forgotten.`)
    navigate('/devices')
  }
  return (
    <ConfirmDialog
      open={props.open}
      title="Forget this device?"
      words={`It goes from this list, with when it was connected; what was recorded stays. ${leftCount() === 0 ? 'Nothing is known to be on it.' : `${formatPlural(leftCount(), 'action')} on it will not be missed by anybody here any more.`} Should it come back, it shows again and sends what it has.`}
      confirm="Forget"
      danger
      reasonLabel="Reason"
      onConfirm={forget}
      onClose={() => props.onClose()}
    />
  )
}
