import { createSignal, type JSX } from 'solid-js'
import { Button, Card, ConfirmDialog, showToast } from '#web/ui'
import { resetProjection } from './admin-api.ts'
import type { ProjectionRow } from './status-looks.ts'

/** The last resort: the tables are emptied in place. A rebuild does the same without anybody noticing. */
export function ResetCard(props: { readonly row: ProjectionRow; readonly isBusy: boolean }): JSX.Element {
  const [isAsking, setAsking] = createSignal(false)

  async function reset(reason: string): Promise<void> {
    await resetProjection(props.row.id, reason)
    showToast(`${props.row.id} is being emptied and replayed.`)
  }

  return (
    <Card>
      <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p class="min-w-0 flex-1 basis-64 text-sm text-ink-muted">
          Where there is no room for a second set of tables, they can be emptied and filled again in place. Screens are
          empty until the rows come back.
        </p>
        <Button onClick={() => setAsking(true)} disabled={props.isBusy || props.row.state === 'resetting'}>
          Reset and replay …
        </Button>
      </div>
      <ConfirmDialog
        open={isAsking()}
        title="Reset and replay?"
        words={`The tables of ${props.row.id} are emptied and filled again from all events. Nothing is lost; screens show the rows as they come back.`}
        confirm="Reset and replay"
        danger
        reasonLabel="Reason"
        onConfirm={reset}
        onClose={() => setAsking(false)}
      />
    </Card>
  )
}
