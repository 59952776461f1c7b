import { createEffect, createSignal, For, type JSX, Match, on, Show, Switch } from 'solid-js'
import {
  Button,
  Checkbox,
  CopyField,
  Dialog,
  ErrorPanel,
  InlineNotice,
  Loading,
  NumberInput,
  SelectInput,
  TextInput,
} from '#web/ui'
import { rateOf, scopesError, typedScopes } from './api-key-looks.ts'
import { createApiKey, loadScopes, type PluginScopes } from './api-keys-api.ts'
import { createLoaded } from './create-loaded.ts'

const lengths = [
  { value: '90', title: 'in 90 days' },
  { value: '365', title: 'in a year' },
  { value: '30', title: 'in 30 days' },
  { value: 'never', title: 'when it is revoked' },
] as const
type Length = (typeof lengths)[number]['value']
const dayMs = 24 * 3_600_000

/** Makes a key for a program outside; then shows it, once. */
export function ApiKeyDialog(props: { readonly open: boolean; onMade(): void; onClose(): void }): JSX.Element {
  const scopes = createLoaded(
    () => (props.open ? {} : undefined),
    (_, signal) => loadScopes(signal),
  )
  const [name, setName] = createSignal('')
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set())
  const [others, setOthers] = createSignal('')
  const [rate, setRate] = createSignal('60')
  const [length, setLength] = createSignal<Length>('90')
  const [isTried, setTried] = createSignal(false)
  const [isBusy, setBusy] = createSignal(false)
  const [error, setError] = createSignal<string>()
  const [key, setKey] = createSignal<string>()

  createEffect(
    on(
      () => props.open,
      () => {
        // A key that was shown is gone with the dialog.
        setKey(undefined)
        setName('')
        setChosen(new Set<string>())
        setOthers('')
        setRate('60')
        setLength('90')
        setTried(false)
        setError(undefined)
      },
    ),
  )
  const allScopes = () => [...new Set([...chosen(), ...typedScopes(others())])]
  const nameError = () => (name().trim() === '' ? 'Say whose key it is.' : undefined)
  const chosenError = () => (allScopes().length === 0 ? 'Choose what the key may do.' : undefined)
  const rateError = () => (rateOf(rate()) === undefined ? 'A whole number from 1 to 100000.' : undefined)
  const shown = (words: string | undefined) => (isTried() ? words : undefined)

  async function make(): Promise<void> {
    setTried(true)
    const requestsPerMinute = rateOf(rate())
    if (isBusy() || requestsPerMinute === undefined || nameError() || chosenError() || scopesError(allScopes())) return
    setBusy(true)
    setError(undefined)
    try {
      const days = length()
      const expiresAt = days === 'never' ? null : Date.now() + Number(days) * dayMs
      setKey(await createApiKey({ name: name().trim(), scopes: allScopes(), requestsPerMinute, expiresAt }))
      props.onMade()
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause))
    } finally {
      setBusy(false)
    }
  }
  const choose = (scope: string, isChosen: boolean): void => {
    const next = new Set(chosen())
    if (isChosen) next.add(scope)
    else next.delete(scope)
    setChosen(next)
  }

  return (
    <Switch>
      <Match when={key()}>
        {(made) => (
          <Dialog
            open={props.open}
            onClose={props.onClose}
            title={`The key of ${name().trim()}`}
            words="Copy it now: it is shown this once, and only a hash of it is kept. Whoever loses it gets a new one."
            actions={<Button onClick={() => props.onClose()}>I have it</Button>}
          >
            <CopyField label="API key" value={made()} />
            <p class="mt-3 text-sm text-ink-muted">
              Programs send it with each request: <code class="font-mono">Authorization: Bearer peek_…</code>
            </p>
            <p class="mt-2 text-sm text-ink-muted">
              The site of each agent shows its routes, with a line for a shell for each.
            </p>
          </Dialog>
        )}
      </Match>
      <Match when={true}>
        <Dialog
          open={props.open}
          onClose={props.onClose}
          title="New API key"
          words="For one program outside that asks plugins on agents. One key a program: so that one can be revoked alone."
          actions={
            <>
              <Button onClick={() => props.onClose()}>Cancel</Button>
              <Button tone="primary" busy={isBusy()} onClick={() => void make()}>
                Make the key
              </Button>
            </>
          }
        >
          <form
            class="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              void make()
            }}
          >
            <TextInput
              label="Whose key it is"
              placeholder="Billing system"
              maxLength={100}
              autocomplete="off"
              value={name()}
              error={shown(nameError())}
              onInput={setName}
            />
            <fieldset class="flex flex-col gap-2">
              <legend class="mb-1 text-sm font-medium">What it may do</legend>
              <Switch>
                <Match when={scopes.value()}>
                  {(plugins) => <ScopeChoice plugins={plugins()} chosen={chosen()} onChange={choose} />}
                </Match>
                <Match when={scopes.state() === 'loading'}>
                  <Loading label="Loading scopes" lineCount={2} />
                </Match>
                <Match when={true}>
                  <ErrorPanel
                    title="The scopes are not known"
                    words={scopes.words() ?? ''}
                    onRetry={() => scopes.reload()}
                  />
                </Match>
              </Switch>
              <TextInput
                label="Other scopes"
                hint="Of plugins whose agent is not linked just now, as in meters:read."
                autocomplete="off"
                spellcheck={false}
                value={others()}
                error={scopesError(typedScopes(others())) ?? shown(chosenError())}
                onInput={setOthers}
              />
            </fieldset>
            <div class="grid gap-4 sm:grid-cols-2">
              <NumberInput
                label="Requests a minute"
                hint="On each agent."
                value={rate()}
                error={rateError()}
                onInput={setRate}
              />
              <SelectInput label="It ends" value={length()} options={lengths} onChange={setLength} />
            </div>
            <Show when={error()}>{(words) => <InlineNotice>{words()}</InlineNotice>}</Show>
            {/* Enter in a field makes the key, as the button does. */}
            <button type="submit" hidden />
          </form>
        </Dialog>
      </Match>
    </Switch>
  )
}

function ScopeChoice(props: {
  readonly plugins: readonly PluginScopes[]
  readonly chosen: ReadonlySet<string>
  onChange(scope: string, isChosen: boolean): void
}): JSX.Element {
  return (
    <Show
      when={props.plugins.some(({ scopes }) => scopes.length > 0)}
      fallback={<p class="text-sm text-ink-muted">No plugin has routes on an agent that is linked just now.</p>}
    >
      <div class="flex max-h-64 flex-col gap-3 overflow-y-auto rounded-control border border-line px-3 py-2">
        <For each={props.plugins}>
          {(plugin) => (
            <div>
              <p class="text-xs font-medium text-ink-muted">{plugin.title}</p>
              <For each={plugin.scopes}>
                {({ scope, routes }) => (
                  <Checkbox
                    label={`${plugin.plugin}:${scope}`}
                    hint={routes.join(', ')}
                    checked={props.chosen.has(`${plugin.plugin}:${scope}`)}
                    onChange={(isChosen) => props.onChange(`${plugin.plugin}:${scope}`, isChosen)}
                  />
                )}
              </For>
            </div>
          )}
        </For>
      </div>
    </Show>
  )
}
