import { createEffect, createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { Button, Card, ConfirmDialog, formatPlural, InlineNotice, RelativeTime, showToast } from '#web/ui'
import { fieldTitle, fromTyped, toTyped, valueWords } from '../kit/fields/field-values.ts'
import { SettingInput } from './setting-input.tsx'
import { type PluginSettings, SettingsFault, saveSettings } from './settings-api.ts'

/**
 * The settings of one plugin, to be edited. What somebody types stays until they save it or drop it, also when others save
 * meanwhile: then it is said, and nothing is saved over what nobody here has seen.
 */
export function SettingsForm(props: {
  /** As they were when this form was opened. */
  readonly settings: PluginSettings
  /** Changed by somebody else since; `undefined` when not. */
  readonly newer: { readonly by: string | null; readonly at: number | null } | undefined
  onReload(): void
  onSaved(): void
}): JSX.Element {
  const [typed, setTyped] = createSignal<Readonly<Record<string, string>>>({})
  const [faults, setFaults] = createSignal<Readonly<Record<string, string>>>({})
  const [isAsking, setAsking] = createSignal(false)
  let form: HTMLFormElement | undefined
  const fields = () => props.settings.fields
  const typedOf = (name: string, asItIs: string): string => typed()[name] ?? asItIs
  const edits = createMemo(() =>
    fields().flatMap((field) => {
      const asItIs = toTyped(field, field.value)
      const now = typedOf(field.name, asItIs)
      return now === asItIs ? [] : [{ field, result: fromTyped(field, now) }]
    }),
  )
  // Whoever has typed nothing simply sees what is set now.
  createEffect(() => {
    if (props.newer && edits().length === 0 && !isAsking()) props.onReload()
  })
  const drop = (): void => {
    setTyped({})
    setFaults({})
  }
  const ask = (): void => {
    const wrong = edits().flatMap(({ field, result }) => (result.ok ? [] : [[field.name, result.words] as const]))
    setFaults(Object.fromEntries(wrong))
    if (wrong.length === 0) setAsking(true)
    else queueMicrotask(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
  }
  const save = async (): Promise<void> => {
    const values = Object.fromEntries(
      edits().flatMap(({ field, result }) => (result.ok ? [[field.name, result.value] as const] : [])),
    )
    try {
      await saveSettings(props.settings.plugin, { values, revision: props.settings.revision })
    } catch (error) {
      if (error instanceof SettingsFault) setFaults(error.faults)
      throw error
    }
    drop()
    showToast(`The settings of ${props.settings.title} are saved.`)
    props.onSaved()
  }

  return (
    <Card title="What is set">
      <form
        ref={form}
        class="flex max-w-2xl flex-col gap-5"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (edits().length > 0) ask()
        }}
      >
        <Show when={isAsking() ? undefined : props.newer}>
          {(newer) => (
            <InlineNotice
              tone="warning"
              actions={
                <Button
                  onClick={() => {
                    drop()
                    props.onReload()
                  }}
                >
                  Show theirs
                </Button>
              }
            >
              {newer().by ?? 'Somebody'} changed these settings{' '}
              <Show when={newer().at} fallback="meanwhile">
                {(at) => <RelativeTime at={at()} />}
              </Show>
              . What you typed can be saved no more: look at theirs, then change them again.
            </InlineNotice>
          )}
        </Show>
        <For each={fields()}>
          {(field) => (
            <SettingInput
              field={field}
              typed={typedOf(field.name, toTyped(field, field.value))}
              error={faults()[field.name]}
              onType={(text) => {
                setTyped({ ...typed(), [field.name]: text })
                setFaults(({ [field.name]: _, ...others }) => others)
              }}
            />
          )}
        </For>
        <div class="flex flex-wrap items-center gap-2 border-t border-line pt-4">
          <Button type="submit" tone="primary" disabled={edits().length === 0 || props.newer !== undefined}>
            Save …
          </Button>
          <Button disabled={edits().length === 0} onClick={drop}>
            Drop what I typed
          </Button>
          <span class="text-sm text-ink-muted" role="status">
            {edits().length === 0 ? 'Nothing changed.' : `${formatPlural(edits().length, 'change')} not saved yet.`}
          </span>
        </div>
      </form>
      <ConfirmDialog
        open={isAsking()}
        title={`Save the settings of ${props.settings.title}?`}
        words="They take effect at once, on every service where the plugin runs. Who changed what is kept in the log."
        confirm="Save"
        onConfirm={save}
        onClose={() => setAsking(false)}
      >
        <ul class="flex flex-col gap-1.5 text-sm" aria-label="Changes">
          <For each={edits()}>
            {({ field, result }) => (
              <li class="wrap-anywhere">
                <span class="font-medium">{fieldTitle(field.name)}</span>: {valueWords(field.value)} →{' '}
                {result.ok ? valueWords(result.value) : result.words}
              </li>
            )}
          </For>
        </ul>
      </ConfirmDialog>
    </Card>
  )
}
