import { createMemo, createSignal, type JSX, Show } from 'solid-js'
import { Button, Card, ConfirmDialog, formatBytes, InlineNotice, RelativeTime, showToast } from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { dropKept, type Kept, loadKept, startReturn } from './rebuild-api.ts'
import type { Phase } from './rebuild-looks.ts'
import type { ProjectionRow } from './status-looks.ts'

/** The tables of the earlier version, while they are kept: back to them in one step, or their room back. */
export function KeptCard(props: {
  readonly row: ProjectionRow
  readonly isBusy: boolean
  /** How its last rebuild stands: each swap keeps other tables. */
  readonly phase: Phase | undefined
}): JSX.Element {
  // Asked again whenever something else may be kept.
  const source = createMemo(() => `${props.row.id} ${props.row.keptVersion} ${props.row.incarnation} ${props.phase}`)
  const kept = createLoaded(source, (_, signal) => loadKept(props.row.id, signal))
  return (
    <>
      <Show when={kept.words()}>
        {(words) => (
          <InlineNotice tone="warning">What is kept of the earlier version is not known: {words()}</InlineNotice>
        )}
      </Show>
      <Show when={kept.value()}>
        {(tables) => (
          <KeptTables row={props.row} kept={tables()} isBusy={props.isBusy} onChange={() => kept.reload()} />
        )}
      </Show>
    </>
  )
}

function KeptTables(props: {
  readonly row: ProjectionRow
  readonly kept: Kept
  readonly isBusy: boolean
  onChange(): void
}): JSX.Element {
  const [question, setQuestion] = createSignal<'return' | 'drop'>()
  const close = () => setQuestion(undefined)

  async function goBack(reason: string): Promise<void> {
    await startReturn(props.row.id, { reason, asksFirst: false, rateMax: null })
    showToast(`${props.row.id} returns to version ${props.kept.version}.`)
  }

  async function drop(): Promise<void> {
    await dropKept(props.row.id)
    showToast(`The kept tables of ${props.row.id} are dropped.`)
    props.onChange()
  }

  return (
    <Card
      title={`Kept tables of version ${props.kept.version}`}
      words="They were shown before the last swap, which can be taken back."
      actions={
        <>
          <Button onClick={() => setQuestion('drop')} disabled={props.isBusy}>
            Drop …
          </Button>
          <Button onClick={() => setQuestion('return')} disabled={props.isBusy || props.kept.obstacle !== null}>
            Return to version {props.kept.version} …
          </Button>
        </>
      }
    >
      <div class="flex flex-col gap-3 text-sm" data-testid="kept">
        <p>
          {formatBytes(props.kept.tableBytes)}, kept since the swap <RelativeTime at={props.kept.keptSince} />.
        </p>
        <Show when={props.kept.obstacle}>
          {(words) => <InlineNotice tone="warning">There is no way back: {words()}</InlineNotice>}
        </Show>
      </div>
      <ConfirmDialog
        open={question() === 'return'}
        title={`Return to version ${props.kept.version}?`}
        words={returnWords(props.row, props.kept)}
        confirm={`Return to version ${props.kept.version}`}
        reasonLabel="Reason"
        onConfirm={goBack}
        onClose={close}
      />
      <ConfirmDialog
        open={question() === 'drop'}
        title="Drop the kept tables?"
        words={`${formatBytes(props.kept.tableBytes)} are free again. There is no return to version ${props.kept.version} any more, only a rebuild.`}
        confirm="Drop"
        danger
        onConfirm={drop}
        onClose={close}
      />
    </Card>
  )
}

function returnWords({ version, observables }: ProjectionRow, kept: Kept): string {
  const screens = observables.length === 0 ? '' : ` Screens that show ${observables.join(', ')} change in place.`
  return `The kept tables are brought up to date by the code of version ${kept.version}, and take the place of today's.${screens} The projection stays at version ${kept.version} until somebody rebuilds it; the tables of version ${version} are kept instead.`
}
