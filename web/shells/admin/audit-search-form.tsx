import ChevronDown from 'lucide-solid/icons/chevron-down'
import Search from 'lucide-solid/icons/search'
import { createEffect, createSignal, createUniqueId, For, type JSX, on, onCleanup, onMount, Show } from 'solid-js'
import { createStore } from 'solid-js/store'
import { Button, SelectInput, TextInput } from '#web/ui'
import { type AuditSearch, detailNames, fromParams, kindTitles } from './audit-search.ts'

const times = [
  { value: 'recorded', title: 'When it was recorded' },
  { value: 'occurred', title: 'When it happened' },
] as const

const orders = [
  { value: 'newest', title: 'Newest first' },
  { value: 'oldest', title: 'Oldest first' },
] as const

const details: Readonly<Record<(typeof detailNames)[number], { title: string; example: string }>> = {
  user: { title: 'Person', example: '' },
  device: { title: 'Device', example: '' },
  entity: { title: 'Entity', example: 'its id' },
  plugin: { title: 'Plugin', example: 'tutorial' },
  type: { title: 'Type begins with', example: 'tutorial.Add' },
  stream: { title: 'Stream begins with', example: 'tutorial.StringInt-' },
  correlation: { title: 'Followed from', example: 'id of an action' },
}

type Draft = { -readonly [N in keyof AuditSearch]: AuditSearch[N] }

/** What to look for. Nothing is sent before Enter or the button; `/` leads into the first field. */
export function AuditSearchForm(props: {
  readonly search: AuditSearch
  onSearch(search: AuditSearch): void
}): JSX.Element {
  const [draft, setDraft] = createStore<Draft>({ ...props.search })
  const [isOpen, setOpen] = createSignal(hasDetails(props.search))
  const detailsId = createUniqueId()
  let form: HTMLFormElement | undefined
  createEffect(
    on(
      () => props.search,
      (search) => {
        setDraft(search)
        if (hasDetails(search)) setOpen(true)
      },
      { defer: true },
    ),
  )
  focusOnSlash(() => form?.querySelector('input'))
  return (
    <search>
      <form
        ref={(element) => (form = element)}
        class="mb-5 grid gap-3 rounded-card border border-line bg-surface p-4"
        onSubmit={(event) => {
          event.preventDefault()
          props.onSearch({ ...draft })
        }}
      >
        <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-2 xl:grid-cols-[minmax(10rem,2fr)_minmax(max-content,1fr)_auto_auto]">
          <TextInput
            label="Words in the data"
            type="search"
            placeholder="name: value"
            value={draft.text}
            onInput={(text) => setDraft('text', text)}
            autocomplete="off"
            spellcheck={false}
            aria-keyshortcuts="/"
          />
          <SelectInput
            label="What"
            options={kindTitles}
            value={draft.kind}
            onChange={(kind) => setDraft('kind', kind)}
          />
          <TextInput
            label="From"
            type="datetime-local"
            step="1"
            value={draft.from}
            onInput={(from) => setDraft('from', from)}
          />
          <TextInput
            label="Until before"
            type="datetime-local"
            step="1"
            value={draft.to}
            onInput={(to) => setDraft('to', to)}
          />
        </div>
        <div id={detailsId} hidden={!isOpen()}>
          <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-2 lg:grid-cols-3">
            <For each={detailNames}>
              {(name) => (
                <TextInput
                  label={details[name].title}
                  placeholder={details[name].example}
                  value={draft[name]}
                  onInput={(text) => setDraft(name, text)}
                  autocomplete="off"
                  spellcheck={false}
                />
              )}
            </For>
            <SelectInput
              label="From and until are about"
              options={times}
              value={draft.time}
              onChange={(time) => setDraft('time', time)}
            />
            <SelectInput
              label="Order"
              options={orders}
              value={draft.order}
              onChange={(order) => setDraft('order', order)}
            />
          </div>
        </div>
        <div class="flex flex-wrap items-center gap-2">
          <Button type="submit" tone="primary" icon={<Search class="size-4" aria-hidden="true" />}>
            Search
          </Button>
          <Button
            tone="quiet"
            aria-expanded={isOpen()}
            aria-controls={detailsId}
            onClick={() => setOpen((open) => !open)}
            icon={
              <ChevronDown class={`size-4 transition-transform ${isOpen() ? 'rotate-180' : ''}`} aria-hidden="true" />
            }
          >
            {isOpen() ? 'Fewer fields' : 'More fields'}
          </Button>
          <Show when={isAnything(props.search)}>
            <Button tone="quiet" onClick={() => props.onSearch(fromParams({}))}>
              Clear
            </Button>
          </Show>
        </div>
      </form>
    </search>
  )
}

function hasDetails(search: AuditSearch): boolean {
  return detailNames.some((name) => search[name] !== '') || search.order === 'oldest' || search.time === 'occurred'
}

export function isAnything(search: AuditSearch): boolean {
  return hasDetails(search) || [search.text, search.from, search.to, search.kind].some((value) => value !== '')
}

/** Only where nobody is typing. */
function focusOnSlash(find: () => HTMLInputElement | null | undefined): void {
  const onKey = (event: KeyboardEvent): void => {
    const isTyping = event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return
    event.preventDefault()
    find()?.focus()
  }
  onMount(() => document.addEventListener('keydown', onKey))
  onCleanup(() => document.removeEventListener('keydown', onKey))
}
