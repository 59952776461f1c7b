import { For, type JSX, Match, Switch } from 'solid-js'
import { Card, EmptyState, ErrorPanel, Loading, Moment } from '#web/ui'
import { fieldTitle, valueWords } from '../kit/fields/field-values.ts'
import { createLoaded } from './create-loaded.ts'
import { loadSettingsChanges } from './settings-api.ts'

/** Who changed which setting from what to what, newest first. */
export function SettingsHistoryCard(props: { readonly plugin: string; readonly revision: number }): JSX.Element {
  const changes = createLoaded(
    () => ({ plugin: props.plugin, revision: props.revision }),
    ({ plugin }, signal) => loadSettingsChanges(plugin, signal),
  )
  return (
    <Card title="Changes" words="The latest fifty." flush>
      <Switch>
        <Match when={changes.state() === 'loading'}>
          <Loading label="Loading changes" lineCount={3} />
        </Match>
        <Match when={changes.state() === 'failed'}>
          <ErrorPanel title="The changes cannot be shown" words={changes.words() ?? ''} onRetry={changes.reload} />
        </Match>
        <Match when={changes.value()?.length === 0}>
          <EmptyState title="No changes" words="Every setting is as the plugin has it by itself." />
        </Match>
        <Match when={changes.value()}>
          {(found) => (
            <ul aria-label="Changes of settings" class="divide-y divide-line">
              <For each={found()}>
                {(change) => (
                  <li class="grid gap-x-4 gap-y-1 px-4 py-3 text-sm sm:grid-cols-[11rem_minmax(0,1fr)] sm:px-5">
                    <div class="text-ink-muted">
                      <span class="font-medium text-ink">{change.by}</span>
                      <br />
                      <Moment at={change.at} />
                    </div>
                    <ul class="min-w-0">
                      <For each={change.fields}>
                        {(field) => (
                          <li class="wrap-anywhere">
                            <span class="font-medium">{fieldTitle(field.name)}</span>: {valueWords(field.from)} →{' '}
                            {valueWords(field.to)}
                          </li>
                        )}
                      </For>
                    </ul>
                  </li>
                )}
              </For>
            </ul>
          )}
        </Match>
      </Switch>
    </Card>
  )
}
