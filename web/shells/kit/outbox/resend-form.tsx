import { createSignal, For, type JSX, Show } from 'solid-js'
import { useDirty } from '#web/sdk'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { Button, ButtonLink, Card, Fact, FactList, InlineNotice, PageTitle, showToast } from '#web/ui'
import { FieldInput } from '../fields/field-input.tsx'
import { fieldTitle, toTyped, valueWords } from '../fields/field-values.ts'
import type { OutboxSurroundings, OutboxView } from './outbox-view.ts'
import { checkTyped, type KnownAction, recordFields } from './record-fields.ts'
import { useRecordLook } from './use-record-look.ts'

/** What was typed and not sent yet, by action: whoever looks elsewhere meanwhile finds it again. */
const drafts = new Map<string, Readonly<Record<string, string>>>()

/**
 * The form of an action that was refused or is stuck, made of what its fields take. What does not fit is said beside the field,
 * before anything is sent; the old one stays in the history, and the new one is kept on the device before this says so.
 */
export function ResendForm(
  props: Pick<OutboxSurroundings, 'pluginTitle'> & {
    readonly outbox: OutboxView
    readonly record: OutboxRecord
    /** Absent where no plugin here knows this kind of action. */
    readonly known: KnownAction | undefined
    onSent(record: OutboxRecord): void
  },
): JSX.Element {
  const { id } = props.record
  const look = useRecordLook(props)
  const [typed, setTyped] = createSignal(drafts.get(id) ?? {})
  const [faults, setFaults] = createSignal<Readonly<Record<string, string>>>({})
  const [words, setWords] = createSignal<string>()
  const [isBusy, setBusy] = createSignal(false)
  let form: HTMLFormElement | undefined
  useDirty(() => Object.keys(typed()).length > 0)
  const fields = () => recordFields(props.record, props.known)
  const typedIds = () => fields().filter(({ control }) => control.kind !== 'id')
  const shownIds = () => fields().filter(({ control }) => control.kind === 'id')

  function type(name: string, text: string): void {
    setTyped((before) => ({ ...before, [name]: text }))
    drafts.set(id, typed())
    setFaults(({ [name]: _, ...others }) => others)
  }

  async function send(): Promise<void> {
    if (isBusy()) return
    const checked = checkTyped(props.record, props.known, typed())
    setFaults(checked.ok ? {} : checked.faults)
    if (!checked.ok) {
      queueMicrotask(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
      return
    }
    setBusy(true)
    setWords(undefined)
    try {
      const sent = await props.outbox.resend(id, checked.body)
      drafts.delete(id)
      setTyped({})
      showToast('It is kept on this device, and goes as soon as it can.')
      props.onSent(sent)
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <PageTitle title="Edit and resend" words={`${props.record.title} · ${props.pluginTitle(props.record.name)}`} />
      <div class="flex flex-col gap-4">
        <InlineNotice tone="warning" testId="outbox-reason">
          <strong class="font-semibold">{look().title}.</strong> {look().words}
        </InlineNotice>
        <Show when={props.known === undefined}>
          <InlineNotice tone="info">
            No plugin of this app knows this action any more: what you enter is checked only when it is sent.
          </InlineNotice>
        </Show>
        <Card title="What was entered">
          <form
            ref={form}
            class="flex flex-col gap-5"
            noValidate
            aria-label="What was entered"
            onSubmit={(event) => {
              event.preventDefault()
              void send()
            }}
          >
            <For each={typedIds()} fallback={<p class="text-sm">There is nothing to change in it.</p>}>
              {(field) => (
                <FieldInput
                  name={field.name}
                  field={field}
                  help={field.takes === '' ? undefined : `${field.takes[0]?.toUpperCase()}${field.takes.slice(1)}.`}
                  typed={typed()[field.name] ?? toTyped(field, field.value)}
                  error={faults()[field.name]}
                  onType={(text) => type(field.name, text)}
                />
              )}
            </For>
            <Show when={shownIds().length > 0}>
              <details class="text-sm">
                <summary class="min-h-touch py-3 text-ink-muted">What stays as it was</summary>
                <FactList>
                  <For each={shownIds()}>
                    {(field) => <Fact title={fieldTitle(field.name)}>{valueWords(field.value)}</Fact>}
                  </For>
                </FactList>
              </details>
            </Show>
            <Show when={words()}>{(text) => <InlineNotice tone="alarm">{text()}</InlineNotice>}</Show>
            <div class="flex flex-wrap items-center gap-2 border-t border-line pt-4">
              <Button type="submit" tone="primary" busy={isBusy()}>
                Send again
              </Button>
              <ButtonLink href={`/outbox/${id}`}>Back without sending</ButtonLink>
            </div>
          </form>
        </Card>
      </div>
    </>
  )
}
