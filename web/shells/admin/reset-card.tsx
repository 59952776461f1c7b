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
    <Card
      title="Reset and replay"
      words="Where there is no room for a second set of tables. Screens are empty until the rows come back."
      actions={
        <Button onClick={() => setAsking(true)} disabled={props.isBusy || props.row.state === 'resetting'}>
          Reset and replay …
        </Button>
      }
      flush
    >
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
