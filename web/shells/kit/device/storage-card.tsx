import { createSignal, type JSX, Show } from 'solid-js'
import { Button, Card, Fact, FactList, formatBytes, InlineNotice, Moment, Progress } from '#web/ui'
import type { StorageFacts } from './device-storage.ts'

/** What is kept here, how much room there is, and whether the browser may clear it. */
export function StorageCard(props: {
  readonly storage: StorageFacts
  readonly isDurable: boolean
  readonly isSecure: boolean
  /** When the browser was found to have cleared what was kept. */
  readonly lostAt?: number | undefined
  askToPersist(): Promise<boolean>
}): JSX.Element {
  const [isBusy, setBusy] = createSignal(false)
  const [isRefused, setRefused] = createSignal(false)
  async function ask(): Promise<void> {
    setBusy(true)
    setRefused(!(await props.askToPersist().catch(() => false)))
    setBusy(false)
  }
  return (
    <Card title="Storage">
      <div class="flex flex-col gap-4">
        <Show when={!props.isDurable}>
          <InlineNotice tone="warning" testId="storage-none">
            <strong class="font-semibold">Nothing is kept on this device.</strong>{' '}
            {props.isSecure
              ? 'The browser gives this page no storage: a private window, or blocked site data, is the usual reason. What you do without a connection is lost when the page is closed.'
              : 'This address is not secure (http), and the browser keeps nothing for it. Open it with https; what you do without a connection is lost when the page is closed.'}
          </InlineNotice>
        </Show>
        <Show when={props.lostAt}>
          {(at) => (
            <InlineNotice tone="alarm" testId="storage-lost">
              <strong class="font-semibold">The browser has cleared what was kept here,</strong> noticed{' '}
              <Moment at={at()} />. What was not sent by then is gone; please look whether something you did is missing.
            </InlineNotice>
          )}
        </Show>
        <Show
          when={props.storage.usedBytes !== undefined && props.storage.quotaBytes !== undefined}
          fallback={<p class="text-sm text-ink-muted">This browser does not tell how much room there is.</p>}
        >
          <Progress
            label="Used"
            value={(props.storage.usedBytes ?? 0) / Math.max(1, props.storage.quotaBytes ?? 1)}
            words={`${formatBytes(props.storage.usedBytes ?? 0)} of ${formatBytes(props.storage.quotaBytes ?? 0)}`}
          />
        </Show>
        <FactList>
          <Fact title="Stays for good">
            <Show
              when={props.storage.isPersistent !== false}
              fallback={
                <div class="flex flex-col items-start gap-2">
                  <span>No: the browser may clear it when the device runs out of space.</span>
                  <Button busy={isBusy()} onClick={() => void ask()}>
                    Ask it to stay
                  </Button>
                  <Show when={isRefused()}>
                    <p role="status" class="text-sm text-ink-muted">
                      The browser did not agree. It does so more readily once the app is installed on the home screen.
                    </p>
                  </Show>
                </div>
              }
            >
              {props.storage.isPersistent === undefined ? 'The browser does not say.' : 'Yes'}
            </Show>
          </Fact>
        </FactList>
      </div>
    </Card>
  )
}
