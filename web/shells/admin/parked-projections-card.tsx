import { createEffect, createMemo, createSignal, For, type JSX, Match, on, onCleanup, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  ErrorPanel,
  InlineNotice,
  Loading,
  showToast,
  TextInput,
} from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import {
  askParking,
  loadParkedGroups,
  type ParkedEntity,
  type ParkedGroup,
  type ParkingRequest,
} from './parked-projections-api.ts'
import { ParkedGroupRow } from './parked-projections-group.tsx'
import { outcomeWords, questionAbout } from './parked-projections-words.ts'
import { ParkingWorkList } from './parked-projections-work.tsx'
import type { ProjectionRow } from './status-looks.ts'

const lookEveryMs = 1_000

export type Ask = (asked: ParkingRequest, about: ParkedEntity | ParkedGroup | undefined) => void

/** What a projection could not take, by how it failed, and what can be done about it: retry, skip, replay. */
export function ParkedProjectionsCard(props: { readonly row: ProjectionRow; readonly isBusy: boolean }): JSX.Element {
  // Asked again whenever the live row counts otherwise.
  const source = createMemo(() => ({ id: props.row.id, count: props.row.parkedCount }), undefined, {
    equals: (a, b) => a.id === b.id && a.count === b.count,
  })
  const parked = createLoaded(source, ({ id }, signal) => loadParkedGroups(id, signal))
  const works = () => parked.value()?.works ?? []
  const isWorking = createMemo(() => works().some(({ state }) => state === 'running'))
  createEffect(
    on(isWorking, (working) => {
      if (!working) return
      const timer = setInterval(() => parked.reload(), lookEveryMs)
      onCleanup(() => clearInterval(timer))
    }),
  )
  const [question, setQuestion] = createSignal<{
    asked: ParkingRequest
    about: ParkedEntity | ParkedGroup | undefined
  }>()
  const words = () => {
    const open = question()
    return open && questionAbout(open.asked, open.about)
  }
  const isBlocked = () => props.isBusy || isWorking()

  async function doIt(reason: string): Promise<void> {
    const open = question()
    if (!open) return
    const work = await askParking(props.row.id, open.asked, reason)
    parked.reload()
    if (work.state === 'failed') throw new Error(outcomeWords(work))
    if (work.state === 'done') showToast(outcomeWords(work))
  }

  return (
    <Card
      title="Parked events"
      words="What it could not take, with everything behind it of the same entity. The rest goes on."
      flush
    >
      <div data-testid="parked">
        <ParkingWorkList projection={props.row.id} works={works()} onChange={() => parked.reload()} />
        <Switch>
          <Match when={parked.state() === 'loading'}>
            <Loading label="Loading parked events" lineCount={3} />
          </Match>
          <Match when={parked.state() === 'failed'}>
            <ErrorPanel
              title="The parked events cannot be shown"
              words={parked.words() ?? ''}
              onRetry={() => parked.reload()}
            />
          </Match>
          <Match when={parked.value()?.groups.length === 0}>
            <EmptyState title="Nothing is parked" words="Every event was taken." />
          </Match>
          <Match when={true}>
            <Show when={parked.words()}>{(text) => <InlineNotice class="m-3">{text()}</InlineNotice>}</Show>
            <Show when={props.isBusy}>
              <InlineNotice class="m-3">
                It is being rebuilt, which tries all parked events again: they can be dealt with when that is over.
              </InlineNotice>
            </Show>
            <ul aria-label="Groups of failures" class="divide-y divide-line">
              <For each={parked.value()?.groups.map(({ fingerprint }) => fingerprint)}>
                {(fingerprint) => (
                  <Show when={parked.value()?.groups.find((group) => group.fingerprint === fingerprint)}>
                    {(group) => (
                      <ParkedGroupRow
                        projection={props.row.id}
                        group={group()}
                        isBlocked={isBlocked()}
                        onAsk={(asked, about) => setQuestion({ asked, about })}
                      />
                    )}
                  </Show>
                )}
              </For>
            </ul>
          </Match>
        </Switch>
        <ReplayForm isBlocked={isBlocked()} onAsk={(asked) => setQuestion({ asked, about: undefined })} />
      </div>
      <ConfirmDialog
        open={question() !== undefined}
        title={words()?.title ?? ''}
        words={words()?.words ?? ''}
        confirm={words()?.confirm ?? ''}
        danger={words()?.danger ?? false}
        reasonLabel="Reason"
        onConfirm={doIt}
        onClose={() => setQuestion(undefined)}
      />
    </Card>
  )
}

/** For an entity whose rows are doubted although nothing of it is parked. */
function ReplayForm(props: { readonly isBlocked: boolean; onAsk(asked: ParkingRequest): void }): JSX.Element {
  const [stream, setStream] = createSignal('')
  return (
    <form
      class="flex flex-wrap items-end gap-3 border-t border-line px-4 py-3 sm:px-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (stream().trim() !== '') props.onAsk({ kind: 'replay', stream: stream().trim() })
      }}
    >
      <TextInput
        label="Replay any entity, by its stream"
        placeholder="tutorial.StringInt-1"
        class="w-full sm:w-80"
        value={stream()}
        onInput={setStream}
        autocomplete="off"
        spellcheck={false}
      />
      <Button type="submit" disabled={props.isBlocked || stream().trim() === ''}>
        Replay …
      </Button>
    </form>
  )
}
