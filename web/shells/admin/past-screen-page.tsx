import { useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, Card, Checkbox, EmptyState, ErrorPanel, SelectInput, TextInput } from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { createPastAnswer } from './create-past-answer.ts'
import { MomentPicker } from './moment-picker.tsx'
import { loadChanges, loadScreen, loadSubjects, type PastSubjects } from './past-api.ts'
import { PastFrame } from './past-frame.tsx'
import { PastAnswerFrame, PastChangesCard, PastRowsCard, shownRowsMax } from './past-rows-view.tsx'
import { parseSubject, pickedFields, toSelector } from './past-words.ts'

type Params = { show?: string; at?: string; since?: string; pick?: string }

/** A screen, or a table behind it, as it was at a moment, or what became of it between two. All of it is in the address. */
export function PastScreenPage(): JSX.Element {
  const [params, setParams] = useSearchParams<Params>()
  const subjects = createLoaded(
    () => true,
    (_, signal) => loadSubjects(signal),
  )
  const shown = () => params.show ?? firstSubject(subjects.value())
  const typed = createMemo(() => parsePick(params.pick))
  const subject = createMemo(() => {
    const found = parseSubject(shown())
    return found && { ...found, selector: toSelector(typed()) }
  })
  const isCompared = () => params.since !== undefined

  const screen = createPastAnswer(
    () => {
      const what = subject()
      return what && !isCompared() ? { what, at: params.at || 'now' } : undefined
    },
    ({ what, at }, signal) => loadScreen(what, { at, limit: shownRowsMax }, signal),
  )
  const changes = createPastAnswer(
    () => {
      const what = subject()
      const from = params.since
      return what && from !== undefined ? { what, from, to: params.at || 'now' } : undefined
    },
    ({ what, from, to }, signal) => loadChanges(what, { from, to, limit: shownRowsMax }, signal),
  )

  return (
    <PastFrame words="What a screen showed at any moment, and what changed between two.">
      <Switch>
        <Match when={subjects.state() === 'failed'}>
          <ErrorPanel
            title="The past cannot be asked"
            words={subjects.words() ?? ''}
            onRetry={() => subjects.reload()}
          />
        </Match>
        <Match when={subjects.value() && shown() === ''}>
          <Card flush>
            <EmptyState title="No screens yet" words="A plugin with a screen brings something to look at." />
          </Card>
        </Match>
        <Match when={subjects.value()}>
          {(known) => (
            <>
              <Card class="mb-4">
                <div class="grid grid-cols-1 gap-4">
                  <div class="flex flex-wrap items-end gap-3">
                    <SelectInput
                      label="What to look at"
                      class="w-full sm:w-72"
                      value={shown()}
                      options={[]}
                      groups={optionsOf(known())}
                      onChange={(show) => setParams({ show, pick: undefined })}
                    />
                    <PickForm
                      fields={pickedFields(known(), shown())}
                      typed={typed()}
                      onPick={(pick) =>
                        setParams({ pick: Object.keys(pick).length > 0 ? JSON.stringify(pick) : undefined })
                      }
                    />
                  </div>
                  <div class="flex flex-wrap items-start gap-x-6 gap-y-3">
                    <Show when={isCompared()}>
                      <MomentPicker
                        label="From"
                        value={params.since ?? ''}
                        onChange={(since) => setParams({ since })}
                      />
                    </Show>
                    <MomentPicker
                      label={isCompared() ? 'To' : 'As it was at'}
                      value={params.at ?? ''}
                      onChange={(at) => setParams({ at })}
                    />
                  </div>
                  <Checkbox
                    label="Compare two moments"
                    checked={isCompared()}
                    onChange={(isWanted) => setParams({ since: isWanted ? params.at || 'now' : undefined })}
                  />
                </div>
              </Card>
              <Show
                when={isCompared()}
                fallback={
                  <PastAnswerFrame answer={screen}>
                    {(value) => <PastRowsCard screen={value} title={titleOf(shown())} />}
                  </PastAnswerFrame>
                }
              >
                <PastAnswerFrame answer={changes}>
                  {(value) => <PastChangesCard changes={value} title={`What changed in ${titleOf(shown())}`} />}
                </PastAnswerFrame>
              </Show>
            </>
          )}
        </Match>
      </Switch>
    </PastFrame>
  )
}

/** The fields rows may be picked by. */
function PickForm(props: {
  readonly fields: readonly string[]
  readonly typed: Readonly<Record<string, string>>
  onPick(typed: Readonly<Record<string, string>>): void
}): JSX.Element {
  const [edited, setEdited] = createSignal<Readonly<Record<string, string>>>({})
  const current = () => ({ ...props.typed, ...edited() })
  return (
    <Show when={props.fields.length > 0}>
      <form
        class="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          const filled = Object.entries(current()).filter(
            ([field, text]) => props.fields.includes(field) && text.trim(),
          )
          setEdited({})
          props.onPick(Object.fromEntries(filled))
        }}
      >
        <For each={props.fields}>
          {(field) => (
            <TextInput
              label={`Only where ${field} is`}
              placeholder="any"
              class="w-full sm:w-56"
              value={current()[field] ?? ''}
              onInput={(text) => setEdited((known) => ({ ...known, [field]: text }))}
              autocomplete="off"
              spellcheck={false}
            />
          )}
        </For>
        <Button type="submit">Pick</Button>
      </form>
    </Show>
  )
}

function optionsOf(subjects: PastSubjects) {
  const screens = subjects.observables.map(({ name }) => ({ value: `o:${name}`, title: name }))
  const tables = subjects.projections.flatMap(({ id, tables }) =>
    tables.map(({ name }) => ({ value: `t:${id}/${name}`, title: `${id} / ${name}` })),
  )
  return [
    { title: 'Screens', options: screens },
    { title: 'Tables of read models', options: tables },
  ].filter(({ options }) => options.length > 0)
}

function firstSubject(subjects: PastSubjects | undefined): string {
  return (subjects && optionsOf(subjects)[0]?.options[0]?.value) ?? ''
}

function titleOf(shown: string): string {
  return shown.slice(2).replace('/', ' / ')
}

function parsePick(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(Object.entries(found).map(([field, value]) => [field, String(value)]))
  } catch {
    return {}
  }
}
