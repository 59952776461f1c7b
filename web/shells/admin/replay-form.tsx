import { createSignal, type JSX, Show } from 'solid-js'
import { Button, Card, InlineNotice, NumberInput, parseTypedNumber, SelectInput, TextInput } from '#web/ui'
import type { PastSubjects } from './past-api.ts'
import { fromDateInput } from './past-words.ts'
import { startReplay } from './replay-api.ts'

/** Which slice of history goes through which projection. */
export function ReplayForm(props: { readonly subjects: PastSubjects; onBegun(): void }): JSX.Element {
  const [projection, setProjection] = createSignal('')
  const [version, setVersion] = createSignal('')
  const [from, setFrom] = createSignal('')
  const [to, setTo] = createSignal('')
  const [stream, setStream] = createSignal('')
  const [type, setType] = createSignal('')
  const [isBusy, setBusy] = createSignal(false)
  const [words, setWords] = createSignal<string>()
  const chosen = () => projection() || (props.subjects.projections[0]?.id ?? '')
  const today = () => props.subjects.projections.find(({ id }) => id === chosen())?.version

  async function start(): Promise<void> {
    setBusy(true)
    setWords(undefined)
    try {
      await startReplay({
        projection: chosen(),
        version: parseTypedNumber(version()) ?? null,
        from: fromDateInput(from()) ?? '',
        to: fromDateInput(to()) ?? 'now',
        stream: stream().trim(),
        type: type().trim(),
      })
      props.onBegun()
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Card class="mb-4" title="Replay a slice" words="Live rows and the log are not touched.">
      <form
        class="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void start()
        }}
      >
        <div class="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          <SelectInput
            label="Projection"
            value={chosen()}
            options={props.subjects.projections.map(({ id }) => ({ value: id, title: id }))}
            onChange={setProjection}
          />
          <NumberInput
            label="Version"
            placeholder={today() === undefined ? '' : `${today()}, today's`}
            hint="Earlier ones where their code was kept."
            value={version()}
            onInput={setVersion}
          />
          <TextInput
            label="Type begins with"
            placeholder="any"
            value={type()}
            onInput={setType}
            autocomplete="off"
            spellcheck={false}
          />
          <TextInput
            type="datetime-local"
            step="1"
            label="After"
            hint="Empty: from the beginning."
            value={from()}
            onInput={setFrom}
          />
          <TextInput
            type="datetime-local"
            step="1"
            label="Up to"
            hint="Empty: until now."
            value={to()}
            onInput={setTo}
          />
          <TextInput
            label="Stream begins with"
            placeholder="any"
            value={stream()}
            onInput={setStream}
            autocomplete="off"
            spellcheck={false}
          />
        </div>
        <Show when={words()}>{(text) => <InlineNotice>{text()}</InlineNotice>}</Show>
        <div>
          <Button type="submit" tone="primary" busy={isBusy()} disabled={chosen() === ''}>
            Replay
          </Button>
        </div>
      </form>
    </Card>
  )
}
