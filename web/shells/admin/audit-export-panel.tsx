import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, Dialog, formatBytes, formatCount, formatPlural, InlineNotice, Progress, SelectInput } from '#web/ui'
import type { ExportFormat, ExportStatus } from './audit-api.ts'
import { type AuditExport, isUnderWay } from './create-audit-export.ts'

const formats = [
  { value: 'ndjson', title: 'NDJSON: a JSON object a line' },
  { value: 'csv', title: 'CSV: a table for a spreadsheet' },
] as const

/** Asks in which form, and says what will happen. */
export function ExportDialog(props: {
  readonly open: boolean
  readonly export: AuditExport
  /** How much it is, as far as that is known. */
  readonly amount: string | undefined
  readonly query: () => URLSearchParams
  onClose(): void
}): JSX.Element {
  const [format, setFormat] = createSignal<ExportFormat>('ndjson')
  const [isBusy, setBusy] = createSignal(false)
  const [words, setWords] = createSignal<string>()
  async function begin(): Promise<void> {
    setBusy(true)
    setWords(undefined)
    try {
      await props.export.begin(props.query(), format())
      props.onClose()
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title="Export what was found?"
      words={`${props.amount ?? 'All events that fit'}, oldest first, into a file that your browser keeps. That you took them out is recorded.`}
      actions={
        <>
          <Button onClick={() => props.onClose()}>Cancel</Button>
          <Button tone="primary" busy={isBusy()} onClick={() => void begin()}>
            Export
          </Button>
        </>
      }
    >
      <SelectInput label="Form" options={formats} value={format()} onChange={setFormat} />
      <Show when={words()}>{(said) => <InlineNotice class="mt-3">{said()}</InlineNotice>}</Show>
    </Dialog>
  )
}

/** How far the export is, and how it ended. */
export function ExportProgress(props: { readonly export: AuditExport }): JSX.Element {
  return (
    <Show when={props.export.status()}>
      {(status) => (
        <div class="mb-4" data-testid="export">
          <Switch>
            <Match when={isUnderWay(status())}>
              <div class="flex flex-wrap items-end gap-x-4 gap-y-2 rounded-card border border-line bg-surface p-4">
                <div class="min-w-0 flex-1 basis-64">
                  <Progress
                    label={`Exporting ${status().fileName}`}
                    value={shareOf(status())}
                    words={progressWords(status())}
                  />
                </div>
                <Button onClick={() => void props.export.cancel()}>Cancel export</Button>
              </div>
            </Match>
            <Match when={status().state === 'done'}>
              <InlineNotice tone="info" onDismiss={() => props.export.dismiss()}>
                {formatPlural(status().rowCount, 'event')} in {status().fileName}, {formatBytes(status().byteCount)}.
              </InlineNotice>
            </Match>
            <Match when={true}>
              <InlineNotice tone="warning" onDismiss={() => props.export.dismiss()}>
                The export did not come to its end: {status().words}
              </InlineNotice>
            </Match>
          </Switch>
        </div>
      )}
    </Show>
  )
}

function shareOf({ rowCount, rowCountExpected }: ExportStatus): number | undefined {
  if (rowCountExpected === null) return undefined
  return rowCountExpected === 0 ? 1 : rowCount / rowCountExpected
}

function progressWords({ rowCount, rowCountExpected }: ExportStatus): string {
  const done = formatCount(rowCount)
  return rowCountExpected === null ? `${done} events` : `${done} of ${formatCount(rowCountExpected)} events`
}
