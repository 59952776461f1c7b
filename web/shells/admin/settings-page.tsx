import { useParams } from '@solidjs/router'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { SettingsStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { useObservable } from '#web/sdk'
import { EmptyState, ErrorPanel, LiveView, Loading, Page, PageTitle, RelativeTime } from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { loadSettings } from './settings-api.ts'
import { SettingsForm } from './settings-form.tsx'
import { SettingsHistoryCard } from './settings-history-card.tsx'

type StatusRow = TupleOf<typeof SettingsStatus>

/** Every plugin that has something to set. */
export function SettingsPage(): JSX.Element {
  const statuses = useObservable(SettingsStatus, () => ({}))
  return (
    <Page>
      <PageTitle title="Settings" words="What may be set for each plugin. It takes effect at once, everywhere." />
      <LiveView of={statuses}>
        <Show
          when={statuses.rows.length > 0}
          fallback={<EmptyState title="Nothing to set" words="Settings come with the plugins that define them." />}
        >
          <ul
            aria-label="Plugins with settings"
            class="divide-y divide-line rounded-card border border-line bg-surface"
          >
            <For each={statuses.rows}>
              {(row) => (
                <li class="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-4 py-3.5 sm:px-5">
                  <a href={`/settings/${row.id}`} class="font-medium text-accent hover:underline">
                    {row.title}
                  </a>
                  <span class="text-sm text-ink-muted">
                    <LastChange row={row} />
                  </span>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </LiveView>
    </Page>
  )
}

function LastChange(props: { readonly row: StatusRow }): JSX.Element {
  return (
    <Show when={props.row.changedAt} fallback="As the plugin has it by itself">
      {(at) => (
        <>
          Changed by {props.row.changedBy} <RelativeTime at={at()} />
        </>
      )}
    </Show>
  )
}

/** The settings of one plugin: the form, and who changed what when. */
export function PluginSettingsPage(): JSX.Element {
  const params = useParams<{ plugin: string }>()
  const statuses = useObservable(SettingsStatus, () => ({}))
  return (
    <Page>
      <a href="/settings" class="mb-2 inline-flex items-center gap-1.5 text-sm text-accent hover:underline">
        <ArrowLeft class="size-4" aria-hidden="true" />
        All settings
      </a>
      <LiveView of={statuses}>
        <Show
          when={statuses.rows.find((row) => row.id === params.plugin)}
          fallback={
            <EmptyState title="Nothing to set" words={`Plugin "${params.plugin}" has no settings, or does not run.`} />
          }
        >
          {(row) => <OneSettings row={row()} />}
        </Show>
      </LiveView>
    </Page>
  )
}

function OneSettings(props: { readonly row: StatusRow }): JSX.Element {
  const [round, setRound] = createSignal(0)
  // Loaded when opened, saved or asked for, and not under the hands of whoever types.
  const settings = createLoaded(
    () => ({ plugin: props.row.id, round: round() }),
    ({ plugin }, signal) => loadSettings(plugin, signal),
  )
  const reload = (): void => void setRound((count) => count + 1)
  const newer = () => {
    const shown = settings.value()
    if (!shown || props.row.revision <= shown.revision) return undefined
    return { by: props.row.changedBy, at: props.row.changedAt }
  }
  return (
    <>
      <PageTitle title={props.row.title} words="Settings of the plugin." />
      <div class="flex flex-col gap-4">
        <Switch>
          <Match when={settings.state() === 'loading'}>
            <Loading label="Loading settings" lineCount={5} />
          </Match>
          <Match when={settings.state() === 'failed'}>
            <ErrorPanel title="The settings cannot be shown" words={settings.words() ?? ''} onRetry={settings.reload} />
          </Match>
          <Match when={settings.value()}>
            {(shown) => <SettingsForm settings={shown()} newer={newer()} onReload={reload} onSaved={reload} />}
          </Match>
        </Switch>
        <SettingsHistoryCard plugin={props.row.id} revision={props.row.revision} />
      </div>
    </>
  )
}
