import { type JSX, Match, Show, Switch } from 'solid-js'
import {
  Card,
  Figure,
  Figures,
  formatCount,
  formatPosition,
  formatRate,
  InlineNotice,
  Progress,
  RelativeTime,
  Sparkline,
  StatusPill,
  Steps,
} from '#web/ui'
import { ProofView } from './proof-view.tsx'
import {
  etaOf,
  isOver,
  outcomeWords,
  progressWords,
  type RebuildRow,
  rebuildLook,
  rebuildTitle,
  stepsOf,
} from './rebuild-looks.ts'
import { RebuildSteering } from './rebuild-steering.tsx'
import type { ProjectionRow } from './status-looks.ts'

/** A rebuild step by step while it goes on, and what came of it when it is over. */
export function RebuildCard(props: { readonly rebuild: RebuildRow; readonly row: ProjectionRow }): JSX.Element {
  const look = () => rebuildLook(props.rebuild)
  return (
    <Card
      title={rebuildTitle(props.rebuild)}
      actions={
        <>
          <StatusPill tone={look().tone}>{look().title}</StatusPill>
          <Show when={!isOver(props.rebuild)}>
            <RebuildSteering rebuild={props.rebuild} row={props.row} />
          </Show>
        </>
      }
    >
      <div class="flex flex-col gap-5" data-testid="rebuild" data-phase={props.rebuild.phase}>
        <Who rebuild={props.rebuild} />
        <Switch>
          <Match when={!isOver(props.rebuild)}>
            <Show when={props.rebuild.error}>
              {(words) => (
                <InlineNotice tone="warning">
                  {words()} {props.rebuild.isPaused ? 'It is held until somebody resumes it.' : 'It is tried again.'}
                </InlineNotice>
              )}
            </Show>
            <Steps label="Steps of the rebuild" steps={stepsOf(props.rebuild)} />
            <Progress
              label={stepsOf(props.rebuild).find(({ state }) => state === 'current')?.title ?? 'Waiting to begin'}
              value={props.rebuild.phase === 'queued' ? undefined : props.rebuild.share}
              words={progressWords(props.rebuild)}
            />
            <Show when={props.rebuild.phase !== 'comparing'}>
              <Pace rebuild={props.rebuild} />
            </Show>
          </Match>
          <Match when={props.rebuild.phase === 'failed'}>
            <InlineNotice tone="alarm">
              {outcomeWords(props.rebuild)} The live tables are as they were, and go on.
            </InlineNotice>
          </Match>
          <Match when={props.rebuild.phase === 'cancelled'}>
            <p class="text-sm">The live tables are as they were. {outcomeWords(props.rebuild)}</p>
          </Match>
          <Match when={true}>
            <p class="text-sm">
              {props.rebuild.kind === 'return'
                ? `The tables of version ${props.rebuild.toVersion} are shown again`
                : 'The new tables are shown'}
              : {outcomeWords(props.rebuild)}.
            </p>
          </Match>
        </Switch>
        <Show when={props.rebuild.proofOutcome}>
          <ProofView rebuild={props.rebuild} />
        </Show>
      </div>
    </Card>
  )
}

function Who(props: { readonly rebuild: RebuildRow }): JSX.Element {
  return (
    <p class="-mt-1 text-sm text-ink-muted">
      Begun <RelativeTime at={props.rebuild.startedAt} /> by {props.rebuild.by}
      <Show when={props.rebuild.reason}>{(reason) => <>: {reason()}</>}</Show>
      <Show when={props.rebuild.endedAt}>
        {(at) => (
          <>
            {' '}
            · over <RelativeTime at={at()} />
          </>
        )}
      </Show>
    </p>
  )
}

/** As many as logic keeps: two minutes. */
const rateCountMax = 120

function Pace(props: { readonly rebuild: RebuildRow }): JSX.Element {
  const rate = () => formatRate(props.rebuild.isPaused ? 0 : props.rebuild.eventsPerSecond)
  return (
    <div class="grid gap-x-6 gap-y-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <Figures class="sm:grid-cols-4 lg:grid-cols-4">
        <Figure
          title="Events"
          note={`at ${formatPosition(props.rebuild.position)} of ${formatPosition(props.rebuild.head)}`}
        >
          {formatCount(props.rebuild.eventCount)}
        </Figure>
        <Figure title="Rows" note="in the new tables">
          {formatCount(props.rebuild.rowCount)}
        </Figure>
        <Figure
          title="Pace"
          note={props.rebuild.rateMax === null ? 'no limit' : `at most ${formatRate(props.rebuild.rateMax)}`}
        >
          {rate()}
        </Figure>
        <Figure title="To go" note={etaNote(props.rebuild)}>
          {etaOf(props.rebuild)?.middle ?? '–'}
        </Figure>
      </Figures>
      <Sparkline
        label={`Pace of the last two minutes: ${rate()} now`}
        values={props.rebuild.lastRates}
        countMax={rateCountMax}
        topMin={100}
      />
    </div>
  )
}

function etaNote(rebuild: RebuildRow): string | undefined {
  if (rebuild.isPaused) return 'once it goes on'
  const eta = etaOf(rebuild)
  return eta === undefined ? 'not known yet' : eta.range
}
