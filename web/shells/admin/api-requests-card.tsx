import { createEffect, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  Checkbox,
  EmptyState,
  ErrorPanel,
  formatBytes,
  formatShortLength,
  InlineNotice,
  Loading,
  RelativeTime,
  SelectInput,
  StatusPill,
} from '#web/ui'
import { statusTone } from './api-key-looks.ts'
import { type ApiKey, type ApiRequest, loadAgents, loadRequests } from './api-keys-api.ts'
import { createLoaded } from './create-loaded.ts'
import { createPagedList } from './create-paged-list.ts'

/** Nobody reads more here; the agent keeps more on its disk. */
const requestCountMax = 500

/** What programs outside asked of an agent: which route, with whose key, how it ended. */
export function ApiRequestsCard(props: { readonly keys: readonly ApiKey[] }): JSX.Element {
  const agents = createLoaded(
    () => 'all',
    (_, signal) => loadAgents(signal),
  )
  const [chosen, setChosen] = createSignal('')
  const agent = () => agents.value()?.find(({ instance }) => instance === chosen()) ?? agents.value()?.[0]

  return (
    <Card
      title="Requests"
      words="The last ones, from the agent’s own disk: never bodies, queries or keys."
      flush
      actions={<Button onClick={() => agents.reload()}>Look again</Button>}
    >
      <div data-testid="api-requests">
        <Switch>
          <Match when={agent()}>
            {(found) => (
              <RequestList
                agent={found().instance}
                agents={agents.value() ?? []}
                onAgent={setChosen}
                keys={props.keys}
                looked={agents.value()}
              />
            )}
          </Match>
          <Match when={agents.value()}>
            <EmptyState title="No agent" words="None is linked to logic just now; what it was asked is on its disk." />
          </Match>
          <Match when={agents.state() === 'loading'}>
            <Loading label="Loading agents" lineCount={2} />
          </Match>
          <Match when={true}>
            <ErrorPanel title="The agents are not known" words={agents.words() ?? ''} onRetry={() => agents.reload()} />
          </Match>
        </Switch>
      </div>
    </Card>
  )
}

function RequestList(props: {
  readonly agent: string
  readonly agents: readonly { readonly instance: string; readonly name: string; readonly zone: string }[]
  readonly keys: readonly ApiKey[]
  /** Another one each time that somebody looks again. */
  readonly looked: unknown
  onAgent(instance: string): void
}): JSX.Element {
  const [key, setKey] = createSignal('')
  const [isFailed, setFailed] = createSignal(false)
  const list = createPagedList({
    of: () => `${props.agent} ${key()} ${isFailed()}`,
    keepsRows: true,
    news: () => props.looked,
    load: (before: number | undefined, signal) =>
      loadRequests({ agent: props.agent, key: key(), failed: isFailed(), before }, signal),
    countMax: requestCountMax,
  })
  // A key that is not in the list any more picks nothing.
  createEffect(() => {
    if (key() !== '' && !props.keys.some(({ id }) => id === key())) setKey('')
  })
  return (
    <>
      <div class="grid gap-x-4 gap-y-3 border-b border-line px-4 py-3 sm:grid-cols-3 sm:items-end sm:px-5">
        <Show when={props.agents.length > 1}>
          <SelectInput
            label="Agent"
            value={props.agent}
            options={props.agents.map(({ instance, name, zone }) => ({ value: instance, title: `${name}, ${zone}` }))}
            onChange={props.onAgent}
          />
        </Show>
        <SelectInput
          label="Key"
          value={key()}
          options={[
            { value: '', title: 'all, and those without' },
            ...props.keys.map(({ id, name, start }) => ({ value: id, title: `${name} (${start})` })),
          ]}
          onChange={setKey}
        />
        <Checkbox label="Only those that were refused" checked={isFailed()} onChange={setFailed} />
      </div>
      <Switch>
        <Match when={list.state() === 'loading'}>
          <Loading label="Loading requests" lineCount={3} />
        </Match>
        <Match when={list.state() === 'failed'}>
          <ErrorPanel title="The requests cannot be shown" words={list.words() ?? ''} onRetry={() => list.refresh()} />
        </Match>
        <Match when={list.rows().length === 0}>
          <EmptyState title="No requests" words="None of this kind was made to this agent." />
        </Match>
        <Match when={true}>
          <Show when={list.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
          <ul aria-label="Requests" class="divide-y divide-line">
            <For each={list.rows()}>{(request) => <RequestRow request={request} />}</For>
          </ul>
          <Show when={list.hasMore()}>
            <div class="border-t border-line p-3 text-center">
              <Button busy={list.isLoadingMore()} onClick={() => void list.loadMore()}>
                More requests
              </Button>
            </div>
          </Show>
        </Match>
      </Switch>
    </>
  )
}

function RequestRow(props: { readonly request: ApiRequest }): JSX.Element {
  return (
    <li class="grid gap-x-4 gap-y-1 px-4 py-2.5 text-sm sm:px-5 md:grid-cols-[minmax(0,1fr)_10rem_13rem]">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2">
          <StatusPill tone={statusTone(props.request.status)}>{props.request.status}</StatusPill>
          <span class="min-w-0 font-mono text-xs wrap-anywhere">
            {props.request.method} {props.request.path}
          </span>
        </p>
        <Show when={props.request.words}>{(words) => <p class="mt-1 wrap-anywhere text-ink-muted">{words()}</p>}</Show>
      </div>
      <p class="min-w-0 wrap-anywhere text-ink-muted">{props.request.keyName ?? 'without a right key'}</p>
      <p class="text-ink-muted tabular-nums md:text-right">
        <RelativeTime at={props.request.at} />
        <span class="block text-xs">
          {formatShortLength(props.request.ms)}, {formatBytes(props.request.bytesIn)} in,{' '}
          {formatBytes(props.request.bytesOut)} out
        </span>
      </p>
    </li>
  )
}
