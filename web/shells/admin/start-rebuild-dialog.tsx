import { createEffect, createSignal, type JSX, Match, on, Show, Switch } from 'solid-js'
import {
  Checkbox,
  ConfirmDialog,
  ErrorPanel,
  Figure,
  Figures,
  formatBytes,
  formatCount,
  formatLength,
  formatPlural,
  InlineNotice,
  Loading,
  NumberInput,
  showToast,
} from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { type Estimate, loadEstimate, startRebuild } from './rebuild-api.ts'
import { rateError, toRate } from './typed-rate.ts'

/** What a rebuild would take, before it begins: how many events, how long, how much disk, which screens. */
export function StartRebuildDialog(props: {
  /** Of which; undefined while nobody asks. */
  readonly projection: string | undefined
  onClose(): void
}): JSX.Element {
  const estimate = createLoaded(() => props.projection, loadEstimate)
  const [asksFirst, setAsksFirst] = createSignal(false)
  const [rate, setRate] = createSignal('')
  createEffect(
    on(
      () => props.projection,
      () => {
        setAsksFirst(false)
        setRate('')
      },
    ),
  )

  async function start(reason: string): Promise<void> {
    const { projection } = props
    if (projection === undefined) return
    await startRebuild(projection, { reason, asksFirst: asksFirst(), rateMax: toRate(rate()) })
    showToast(`The rebuild of ${projection} has begun.`)
  }

  return (
    <ConfirmDialog
      open={props.projection !== undefined}
      title={`Rebuild ${props.projection ?? ''}?`}
      words="New tables are built from the log beside the live ones, proved, and swapped in. Screens go on meanwhile."
      confirm="Rebuild"
      reasonLabel="Reason"
      blocked={estimate.state() !== 'ready' || rateError(rate()) !== undefined}
      onConfirm={start}
      onClose={props.onClose}
    >
      <div class="flex flex-col gap-3" data-testid="rebuild-estimate">
        <Switch>
          <Match when={estimate.value()}>{(found) => <EstimateFigures estimate={found()} />}</Match>
          <Match when={estimate.state() === 'loading'}>
            <Loading label="Looking at what it would take" lineCount={3} />
          </Match>
          <Match when={true}>
            <ErrorPanel
              title="What it would take is not known"
              words={estimate.words() ?? ''}
              onRetry={() => estimate.reload()}
            />
          </Match>
        </Switch>
        <Checkbox
          label="Show me the differences first"
          hint="It waits before the swap until somebody has looked."
          checked={asksFirst()}
          onChange={setAsksFirst}
        />
        <NumberInput
          label="Events a second, at most"
          placeholder="as fast as live work allows"
          value={rate()}
          error={rateError(rate())}
          onInput={setRate}
        />
      </div>
    </ConfirmDialog>
  )
}

function EstimateFigures(props: { readonly estimate: Estimate }): JSX.Element {
  const lacksRoom = () => {
    const { diskBytes, diskFreeBytes } = props.estimate
    return diskFreeBytes !== null && diskBytes > diskFreeBytes
  }
  return (
    <>
      <Show when={props.estimate.fromVersion !== props.estimate.toVersion}>
        <p class="text-sm">
          From version {props.estimate.fromVersion} to version {props.estimate.toVersion} of its code.
        </p>
      </Show>
      <Figures class="rounded-control bg-sunken px-3 py-2.5">
        <Figure compact title="Events" note={props.estimate.isEventCountExact ? 'counted' : 'estimated from a sample'}>
          {formatCount(props.estimate.eventCount)}
        </Figure>
        <Figure compact title="Time" note={rangeNote(props.estimate)}>
          {formatLength(props.estimate.seconds * 1_000)}
        </Figure>
        <Figure compact title="Disk" note={freeNote(props.estimate)}>
          {formatBytes(props.estimate.diskBytes)}
        </Figure>
        <Figure compact title="Screens" note={watchNote(props.estimate)}>
          {props.estimate.observables.join(', ') || 'none'}
        </Figure>
      </Figures>
      <Show when={lacksRoom()}>
        <InlineNotice tone="alarm">
          The disk has less room than this needs. Make room first, or drop kept tables of earlier versions.
        </InlineNotice>
      </Show>
    </>
  )
}

function rangeNote({ secondsMin, secondsMax }: Estimate): string {
  return `${formatLength(secondsMin * 1_000)} to ${formatLength(secondsMax * 1_000)}`
}

function freeNote({ diskFreeBytes }: Estimate): string | undefined {
  return diskFreeBytes === null ? undefined : `${formatBytes(diskFreeBytes)} free`
}

function watchNote({ watchedSelectors }: Estimate): string {
  return watchedSelectors === 0
    ? 'nobody watches just now'
    : `watched in ${formatPlural(watchedSelectors, 'place')} now`
}
