import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, Card, ConfirmDialog, InlineNotice, Progress, RelativeTime, StatusPill, showToast } from '#web/ui'
import { startBackup } from './event-store-api.ts'
import type { StoreRow } from './status-looks.ts'

/** Copies of the store, and how to check every event of it. */
export function BackupCard(props: { readonly status: StoreRow }): JSX.Element {
  const [isAsking, setAsking] = createSignal(false)
  async function start(reason: string): Promise<void> {
    const name = await startBackup(reason)
    showToast(`The backup ${name} has begun.`)
  }
  return (
    <Card
      title="Backup"
      words="A copy that is a store like any other, made while this one serves, on its own machine."
      actions={
        <Button
          onClick={() => setAsking(true)}
          disabled={props.status.state !== 'ready' || props.status.backupIsRunning}
        >
          Back up now
        </Button>
      }
    >
      <div class="flex flex-col gap-4 text-sm" data-testid="backup">
        <Switch fallback={<p class="text-ink-muted">No backup since this store was started.</p>}>
          <Match when={props.status.backupIsRunning}>
            <Progress label="Backing up" value={props.status.backupShare ?? undefined} />
          </Match>
          <Match when={props.status.backupError}>
            {(words) => <InlineNotice tone="alarm">The last backup failed: {words()}</InlineNotice>}
          </Match>
          <Match when={props.status.backupFile}>
            {(file) => (
              <p class="flex flex-wrap items-center gap-x-4 gap-y-1">
                <span class="min-w-0 flex-1 basis-56">
                  <span class="block font-mono text-xs wrap-anywhere">{file()}</span>
                  <Show when={props.status.backupAt}>
                    {(at) => (
                      <span class="text-xs text-ink-muted">
                        <RelativeTime at={at()} />
                      </span>
                    )}
                  </Show>
                </span>
                <StatusPill tone="normal">Finished</StatusPill>
              </p>
            )}
          </Match>
        </Switch>
        <p class="text-ink-muted">
          To check every event on the disk, verify a backup:{' '}
          <code class="font-mono text-xs wrap-anywhere">bun run peek eventstore verify FILE</code>
        </p>
      </div>
      <ConfirmDialog
        open={isAsking()}
        title="Back up now?"
        words="The store copies itself into the folder of its backups. It goes on serving, and needs as much room again on its disk."
        confirm="Back up"
        reasonLabel="Reason"
        onConfirm={start}
        onClose={() => setAsking(false)}
      />
    </Card>
  )
}
