import { createSignal, type JSX, Show } from 'solid-js'
import { Button, ConfirmDialog, InlineNotice } from '#web/ui'
import { useAppUpdate } from './manifest-gate.tsx'

/**
 * Offers another build of the app, in a line: people may go on with what they have for as long as they like. Nothing
 * happens until somebody has read what will, and nothing typed is lost without a question.
 */
export function UpdateBanner(): JSX.Element {
  const update = useAppUpdate()
  const [isAsking, setAsking] = createSignal(false)
  return (
    <Show when={update.isReady()}>
      <InlineNotice
        tone="info"
        testId="update-offer"
        class="items-center rounded-none border-x-0 border-t-0 px-4"
        actions={
          <Show
            when={update.isWaiting()}
            fallback={
              <Button tone="quiet" onClick={() => setAsking(true)}>
                Update
              </Button>
            }
          >
            <Button tone="quiet" onClick={() => update.cancel()}>
              Not now
            </Button>
          </Show>
        }
      >
        <Show when={update.isWaiting()} fallback={<strong class="font-semibold">Update ready</strong>}>
          <strong class="font-semibold">Updating</strong> as soon as no tab holds input that is not sent.
        </Show>
      </InlineNotice>
      <Show
        when={update.hasUnsavedInput()}
        fallback={
          <ConfirmDialog
            open={isAsking()}
            title="Update this app?"
            words={update.words()}
            confirm="Update"
            keep="Not now"
            onConfirm={() => update.apply()}
            onClose={() => setAsking(false)}
          />
        }
      >
        <ConfirmDialog
          open={isAsking()}
          title="Update with unsent input?"
          words={`${update.words()} What is typed on this page and not sent is lost.`}
          confirm="Discard and update"
          keep="Go on typing"
          danger
          onConfirm={() => update.discardAndApply()}
          onClose={() => setAsking(false)}
        />
      </Show>
    </Show>
  )
}
