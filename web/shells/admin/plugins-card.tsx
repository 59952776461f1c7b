import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  ErrorPanel,
  InlineNotice,
  ListRow,
  Loading,
  StatusPill,
} from '#web/ui'
import { searchHref } from './audit-search.ts'
import { createLoaded } from './create-loaded.ts'
import { loadPlugins, type Plugin, restartPlugin } from './plugin-api.ts'
import {
  askedOf,
  dependantsOf,
  pluginLooks,
  type RestartAsked,
  restartPluginWords,
  restartProgress,
} from './plugin-looks.ts'
import type { PartRow, ServiceRow } from './service-looks.ts'

/** The enabled plugins over all services, each with how its parts are and a way to restart them everywhere. */
export function PluginsCard(props: {
  readonly services: readonly ServiceRow[]
  readonly parts: readonly PartRow[]
}): JSX.Element {
  // Another logic may have others enabled.
  const logic = createMemo(() => props.services.find(({ name, state }) => name === 'logic' && state === 'online')?.id)
  const plugins = createLoaded(logic, (_, signal) => loadPlugins(signal))
  const [question, setQuestion] = createSignal<Plugin>()
  const [asked, setAsked] = createSignal<Readonly<Record<string, RestartAsked>>>({})
  const partsOf = (plugin: string) => props.parts.filter((part) => part.plugin === plugin)
  const instances = createMemo(
    () => new Set(props.services.filter(({ state }) => state === 'online').map(({ id }) => id)),
  )
  async function restart(reason: string): Promise<void> {
    const plugin = question()
    if (!plugin) return
    const before = askedOf(plugin.id, partsOf(plugin.id))
    await restartPlugin(plugin.id, reason)
    setAsked({ ...asked(), [plugin.id]: before })
  }
  const words = () => {
    const plugin = question()
    return plugin ? restartPluginWords(partsOf(plugin.id), dependantsOf(plugin.id, plugins.value() ?? [])) : ''
  }
  return (
    <Card title="Plugins" words="Those that are enabled, over all services." flush>
      <Switch>
        <Match when={plugins.state() === 'loading'}>
          <Loading label="Loading plugins" lineCount={3} />
        </Match>
        <Match when={plugins.state() === 'failed'}>
          <ErrorPanel title="The plugins cannot be shown" words={plugins.words() ?? ''} onRetry={plugins.reload} />
        </Match>
        <Match when={plugins.value()?.length === 0}>
          <EmptyState title="No plugin is enabled" words="Logic enables them by plugin.enabled in its configuration." />
        </Match>
        <Match when={plugins.value()}>
          <ul aria-label="Plugins" class="divide-y divide-line">
            <For each={plugins.value()}>
              {(plugin) => (
                <ListRow
                  data-testid={`plugin-${plugin.id}`}
                  actions={
                    <Button onClick={() => setQuestion(plugin)} aria-label={`Restart ${plugin.title}`}>
                      Restart …
                    </Button>
                  }
                  notice={
                    <Show when={asked()[plugin.id]}>
                      {(before) => (
                        <Progress
                          of={restartProgress(before(), partsOf(plugin.id), instances())}
                          onDismiss={() => setAsked(({ [plugin.id]: _, ...others }) => others)}
                        />
                      )}
                    </Show>
                  }
                >
                  <p class="text-sm wrap-anywhere">
                    <span class="font-medium">{plugin.title}</span>{' '}
                    <span class="text-xs text-ink-muted">
                      {plugin.id} {plugin.version}
                    </span>
                  </p>
                  <p class="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
                    <For each={pluginLooks(partsOf(plugin.id))} fallback={<span class="text-ink-muted">No parts</span>}>
                      {(look) => <StatusPill tone={look.tone}>{look.title}</StatusPill>}
                    </For>
                    <a
                      href={searchHref({ stream: `peek.Plugins-${plugin.id}` })}
                      class="text-accent hover:underline"
                      aria-label={`Earlier restarts of ${plugin.title}`}
                    >
                      Earlier restarts
                    </a>
                  </p>
                </ListRow>
              )}
            </For>
          </ul>
        </Match>
      </Switch>
      <ConfirmDialog
        open={question() !== undefined}
        title={`Restart ${question()?.title ?? ''} everywhere?`}
        words={words()}
        confirm="Restart"
        danger
        reasonLabel="Reason"
        onConfirm={restart}
        onClose={() => setQuestion(undefined)}
      />
    </Card>
  )
}

function Progress(props: { readonly of: ReturnType<typeof restartProgress>; onDismiss(): void }): JSX.Element {
  return (
    <InlineNotice class="mt-3" tone={props.of.needsSomebody ? 'warning' : 'info'} onDismiss={() => props.onDismiss()}>
      {props.of.words}
      <Show when={!props.of.isOver}> It goes on; this line follows it.</Show>
    </InlineNotice>
  )
}
