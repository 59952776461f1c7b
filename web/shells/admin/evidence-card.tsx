import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { EvidenceStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { useObservable } from '#web/sdk'
import {
  Button,
  Card,
  formatCount,
  formatPlural,
  InlineNotice,
  LiveView,
  Progress,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import { startVerification, stopVerification } from './evidence-api.ts'
import type { Look } from './status-looks.ts'

type EvidenceRow = TupleOf<typeof EvidenceStatus>

const looks: Record<EvidenceRow['state'], Look> = {
  starting: { tone: 'busy', title: 'Starting' },
  'catching-up': { tone: 'busy', title: 'Catching up' },
  live: { tone: 'normal', title: 'Live' },
  stalled: { tone: 'warning', title: 'Stalled' },
  stopped: { tone: 'idle', title: 'Stopped' },
}

/** Whether anybody altered the past: the hash chain, its newest anchor, and the proof of both. */
export function EvidenceCard(): JSX.Element {
  const rows = useObservable(EvidenceStatus, () => ({}))
  const [words, setWords] = createSignal<string>()
  const isRunning = () => rows.rows[0]?.verification === 'running'

  async function ask(request: () => Promise<void>): Promise<void> {
    try {
      setWords(undefined)
      await request()
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
    }
  }

  return (
    <Card
      title="Hash chain"
      words="Within about a second of being recorded, every event is chained to the one before it; within a minute an anchor outside the database vouches for it. From then on nobody who lacks a copy of the anchors can alter, remove or add one unseen."
      actions={
        <Show
          when={isRunning()}
          fallback={
            <Button onClick={() => void ask(startVerification)} disabled={rows.rows.length === 0}>
              Verify now
            </Button>
          }
        >
          <Button onClick={() => void ask(stopVerification)}>Stop</Button>
        </Show>
      }
    >
      <LiveView of={rows}>
        <div class="flex flex-col gap-4 text-sm" data-testid="evidence">
          <Show when={words()}>{(found) => <InlineNotice tone="alarm">{found()}</InlineNotice>}</Show>
          <For each={rows.rows} fallback={<p class="text-ink-muted">The chain begins as soon as logic leads.</p>}>
            {(row) => (
              <>
                <ChainWords row={row} />
                <VerificationWords row={row} />
              </>
            )}
          </For>
        </div>
      </LiveView>
    </Card>
  )
}

function ChainWords(props: { readonly row: EvidenceRow }): JSX.Element {
  return (
    <div class="flex flex-col gap-1">
      <p class="flex flex-wrap items-center gap-2">
        <StatusPill tone={looks[props.row.state].tone}>{looks[props.row.state].title}</StatusPill>
        <span>{formatPlural(props.row.eventCount, 'event')} chained</span>
      </p>
      <Show when={props.row.lastError}>{(words) => <InlineNotice tone="alarm">{words()}</InlineNotice>}</Show>
      <Show when={props.row.anchorAt} fallback={<p class="text-ink-muted">No anchor was left since logic started.</p>}>
        {(at) => (
          <p class="text-ink-muted">
            Newest anchor <RelativeTime at={at()} />, over {formatCount(props.row.anchorEventCount ?? 0)} events, in{' '}
            {props.row.anchorFolders.join(' and ')}:
            <code class="block font-mono text-xs wrap-anywhere">{props.row.anchorHash}</code>
          </p>
        )}
      </Show>
    </div>
  )
}

function VerificationWords(props: { readonly row: EvidenceRow }): JSX.Element {
  const sentences = () => (
    <For each={props.row.verificationWords}>{(words) => <p class="wrap-anywhere">{words}</p>}</For>
  )
  return (
    <Switch>
      <Match when={props.row.verification === 'running'}>
        <Progress
          label={`Verifying, ${formatPlural(props.row.verifiedEventCount ?? 0, 'event')} read`}
          value={props.row.verificationShare ?? undefined}
        />
      </Match>
      <Match when={props.row.verification === 'good'}>
        <InlineNotice tone="info">
          <p>{formatPlural(props.row.verifiedEventCount ?? 0, 'event')} are as they were when they were chained.</p>
          {sentences()}
        </InlineNotice>
      </Match>
      <Match when={props.row.verification === 'bad'}>
        <InlineNotice tone="alarm">
          <p class="font-medium">The log is not what it was.</p>
          {sentences()}
        </InlineNotice>
      </Match>
      <Match when={props.row.verification === 'failed'}>
        <InlineNotice tone="alarm">
          <p>The verification did not come to its end.</p>
          {sentences()}
        </InlineNotice>
      </Match>
    </Switch>
  )
}
