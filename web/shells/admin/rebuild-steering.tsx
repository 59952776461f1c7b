import { createSignal, type JSX, Show } from 'solid-js'
import { Button, ConfirmDialog, formatRate, NumberInput, showToast } from '#web/ui'
import { approveRebuild, cancelRebuild, pauseRebuild, resumeRebuild, throttleRebuild } from './rebuild-api.ts'
import { differenceWords, type RebuildRow } from './rebuild-looks.ts'
import type { ProjectionRow } from './status-looks.ts'
import { rateError, toRate } from './typed-rate.ts'

type Question = 'throttle' | 'cancel' | 'approve'

/** What can be done to a rebuild that goes on. Whatever ends something is asked about first. */
export function RebuildSteering(props: { readonly rebuild: RebuildRow; readonly row: ProjectionRow }): JSX.Element {
  const [question, setQuestion] = createSignal<Question>()
  const [isBusy, setBusy] = createSignal(false)
  const [rate, setRate] = createSignal('')
  const close = () => setQuestion(undefined)
  const isComparing = () => props.rebuild.phase === 'comparing'
  /** Too late to hold anything. */
  const isSwapping = () => props.rebuild.phase === 'swapping'

  /** At once: it takes nothing away. */
  async function togglePause(): Promise<void> {
    setBusy(true)
    try {
      await (props.rebuild.isPaused ? resumeRebuild(props.rebuild.id) : pauseRebuild(props.rebuild.id))
    } catch (error) {
      showToast(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  async function throttle(): Promise<void> {
    const rateMax = toRate(rate())
    await throttleRebuild(props.rebuild.id, rateMax)
    showToast(rateMax === null ? 'It goes as fast as live work allows.' : `It goes at most ${formatRate(rateMax)}.`)
  }

  return (
    <>
      <Show when={(!isComparing() && !isSwapping()) || props.rebuild.isPaused}>
        <Button busy={isBusy()} onClick={() => void togglePause()}>
          {props.rebuild.isPaused ? 'Resume' : 'Pause'}
        </Button>
      </Show>
      <Show when={!isComparing() && !isSwapping()}>
        <Button
          onClick={() => {
            setRate(props.rebuild.rateMax === null ? '' : String(props.rebuild.rateMax))
            setQuestion('throttle')
          }}
        >
          Limit …
        </Button>
      </Show>
      <Show when={!isSwapping()}>
        <Button onClick={() => setQuestion('cancel')}>Cancel …</Button>
      </Show>
      <Show when={isComparing()}>
        <Button tone="primary" onClick={() => setQuestion('approve')}>
          Swap in …
        </Button>
      </Show>
      <ConfirmDialog
        open={question() === 'throttle'}
        title="Limit the pace?"
        words="How many events a second it may take at most. It slows down by itself while live work suffers."
        confirm="Set"
        blocked={rateError(rate()) !== undefined}
        onConfirm={throttle}
        onClose={close}
      >
        <NumberInput
          label="Events a second, at most"
          placeholder="as fast as live work allows"
          value={rate()}
          error={rateError(rate())}
          onInput={setRate}
        />
      </ConfirmDialog>
      <ConfirmDialog
        open={question() === 'cancel'}
        title="Cancel the rebuild?"
        words={`What was built so far is dropped. The live tables stay as they are, and screens notice nothing. Another rebuild of ${props.row.id} begins from the start.`}
        confirm="Cancel the rebuild"
        keep="Let it go on"
        danger
        reasonLabel="Reason"
        onConfirm={(reason) => cancelRebuild(props.rebuild.id, reason)}
        onClose={close}
      />
      <ConfirmDialog
        open={question() === 'approve'}
        title="Swap the new tables in?"
        words={swapWords(props.rebuild, props.row)}
        confirm="Swap in"
        onConfirm={() => approveRebuild(props.rebuild.id)}
        onClose={close}
      />
    </>
  )
}

function swapWords(rebuild: RebuildRow, { observables }: ProjectionRow): string {
  const counted = differenceWords(rebuild)
  const what = counted === undefined ? '' : `What changes: ${counted}. `
  const where = observables.length === 0 ? '' : `Screens that show ${observables.join(', ')} change in place. `
  const version = rebuild.fromVersion
  return `${what}${where}The tables of today are kept as version ${version}, so that you can return to them.`
}
