import KeyRound from 'lucide-solid/icons/key-round'
import { createSignal, For, type JSX, Match, onCleanup, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  ConfirmDialog,
  createNow,
  EmptyState,
  ErrorPanel,
  Figure,
  Figures,
  formatCount,
  formatInstant,
  InlineNotice,
  Loading,
  Page,
  PageTitle,
  RelativeTime,
  StatusPill,
  showToast,
} from '#web/ui'
import { ApiKeyDialog } from './api-key-dialog.tsx'
import { keyLook } from './api-key-looks.ts'
import { type ApiKey, loadApiKeys, revokeApiKey } from './api-keys-api.ts'
import { ApiRequestsCard } from './api-requests-card.tsx'
import { createLoaded } from './create-loaded.ts'

/** When a key was last used changes by itself. */
const reloadEveryMs = 5_000

/** Keys of programs outside: who has one, what it may do, when it was last used; and the requests they made. */
export function ApiKeysPage(): JSX.Element {
  const keys = createLoaded(
    () => 'all',
    (_, signal) => loadApiKeys(signal),
  )
  const [isMaking, setMaking] = createSignal(false)
  const [leaving, setLeaving] = createSignal<ApiKey>()
  const timer = setInterval(() => document.visibilityState === 'visible' && keys.reload(), reloadEveryMs)
  onCleanup(() => clearInterval(timer))

  return (
    <Page>
      <PageTitle title="API keys" words="For programs outside that ask plugins on agents, over HTTP." />
      <div class="flex flex-col gap-5">
        <Card
          title="Keys"
          flush
          actions={
            <Button
              tone="primary"
              icon={<KeyRound class="size-4" aria-hidden="true" />}
              onClick={() => setMaking(true)}
            >
              New key …
            </Button>
          }
        >
          <div data-testid="api-keys">
            <Switch>
              <Match when={keys.value()}>
                {(list) => (
                  <>
                    <Show when={keys.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
                    <Show
                      when={list().length > 0}
                      fallback={
                        <EmptyState title="No keys" words="Programs outside need one for every route of a plugin." />
                      }
                    >
                      <ul aria-label="API keys" class="divide-y divide-line">
                        <For each={list()}>{(key) => <KeyRow apiKey={key} onRevoke={() => setLeaving(key)} />}</For>
                      </ul>
                    </Show>
                  </>
                )}
              </Match>
              <Match when={keys.state() === 'loading'}>
                <Loading label="Loading keys" lineCount={4} />
              </Match>
              <Match when={true}>
                <ErrorPanel title="The keys cannot be shown" words={keys.words() ?? ''} onRetry={() => keys.reload()} />
              </Match>
            </Switch>
          </div>
        </Card>
        <ApiRequestsCard keys={keys.value() ?? []} />
      </div>
      <ApiKeyDialog open={isMaking()} onMade={() => keys.reload()} onClose={() => setMaking(false)} />
      <RevokeDialog apiKey={leaving()} onDone={() => keys.reload()} onClose={() => setLeaving(undefined)} />
    </Page>
  )
}

function KeyRow(props: { readonly apiKey: ApiKey; onRevoke(): void }): JSX.Element {
  const now = createNow()
  const look = () => keyLook(props.apiKey, now())
  return (
    <li class="flex flex-col gap-3 px-4 py-3.5 sm:px-5" data-testid={`api-key-${props.apiKey.name}`}>
      <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h3 class="font-semibold wrap-anywhere">{props.apiKey.name}</h3>
          <p class="font-mono text-xs text-ink-muted">{props.apiKey.start}</p>
        </div>
        <div class="flex flex-wrap items-center gap-2">
          <StatusPill tone={look().tone}>{look().title}</StatusPill>
          <Show when={props.apiKey.revokedAt === null}>
            <Button onClick={() => props.onRevoke()} aria-label={`Revoke the key of ${props.apiKey.name}`}>
              Revoke …
            </Button>
          </Show>
        </div>
      </div>
      <Figures class="sm:grid-cols-3 lg:grid-cols-5">
        <Figure compact title="May do" class="col-span-2 sm:col-span-1 lg:col-span-2">
          {props.apiKey.scopes.join(', ')}
        </Figure>
        <Figure compact title="Requests a minute">
          {formatCount(props.apiKey.requestsPerMinute)}
        </Figure>
        <Figure compact title="Last used">
          <Maybe at={props.apiKey.lastUsedAt} otherwise="never" />
        </Figure>
        <Figure compact title="Made by" note={formatInstant(props.apiKey.madeAt)}>
          {props.apiKey.madeBy}
        </Figure>
      </Figures>
      <p class="text-xs text-ink-muted">{endWords(props.apiKey)}</p>
    </li>
  )
}

function Maybe(props: { readonly at: number | null; readonly otherwise: string }): JSX.Element {
  return (
    <Show when={props.at} fallback={props.otherwise}>
      {(at) => <RelativeTime at={at()} />}
    </Show>
  )
}

function endWords({ expiresAt, revokedAt, revokedBy }: ApiKey): string {
  if (revokedAt !== null) return `Revoked by ${revokedBy ?? 'somebody'}, ${formatInstant(revokedAt)}.`
  return expiresAt === null ? 'Counts until it is revoked.' : `Counts until ${formatInstant(expiresAt)}.`
}

function RevokeDialog(props: { readonly apiKey: ApiKey | undefined; onDone(): void; onClose(): void }): JSX.Element {
  async function revoke(reason: string): Promise<void> {
    const key = props.apiKey
    if (!key) return
    await revokeApiKey(key.id, reason)
    showToast(`The key of ${key.name} counts no more.`)
    props.onDone()
  }
  return (
    <ConfirmDialog
      open={props.apiKey !== undefined}
      title={`Revoke the key of ${props.apiKey?.name ?? ''}?`}
      words="Agents refuse it within a few seconds, one that is cut off as soon as it is back. It cannot be taken back: the program needs a new key."
      confirm="Revoke"
      danger
      reasonLabel="Reason"
      onConfirm={revoke}
      onClose={() => props.onClose()}
    />
  )
}
