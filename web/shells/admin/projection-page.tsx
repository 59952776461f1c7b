import { useParams } from '@solidjs/router'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import { createSignal, type JSX, Show } from 'solid-js'
import { ProjectionStatus, RebuildStatus } from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import { Button, ButtonLink, Card, EmptyState, InlineNotice, LiveView, Page, PageTitle, StatusPill } from '#web/ui'
import { DifferencesCard } from './differences-card.tsx'
import { KeptCard } from './kept-card.tsx'
import { ParkedProjectionsCard } from './parked-projections-card.tsx'
import { ProjectionError } from './projection-error.tsx'
import { ProjectionFigures, versionNotes } from './projection-figures.tsx'
import { ProjectionHistoryCard } from './projection-history-card.tsx'
import { RebuildCard } from './rebuild-card.tsx'
import { isOver, latestOf, type RebuildRow } from './rebuild-looks.ts'
import { ResetCard } from './reset-card.tsx'
import { StartRebuildDialog } from './start-rebuild-dialog.tsx'
import { type ProjectionRow, projectionLook } from './status-looks.ts'

/** One projection: how it stands, its rebuild step by step, the way back, and what was decided about it. */
export function ProjectionPage(): JSX.Element {
  const params = useParams<{ plugin: string; name: string }>()
  const id = () => `${params.plugin}.${params.name}`
  const projections = useObservable(ProjectionStatus, () => ({}))
  const rebuilds = useObservable(RebuildStatus, () => ({}))
  return (
    <Page>
      <a href="/projections" class="mb-2 inline-flex items-center gap-1.5 text-sm text-accent hover:underline">
        <ArrowLeft class="size-4" aria-hidden="true" />
        All projections
      </a>
      <LiveView of={projections}>
        <Show when={projections.rows.find((row) => row.id === id())} fallback={<UnknownProjection id={id()} />}>
          {(row) => <Projection row={row()} rebuild={latestOf(rebuilds.rows, row().id)} rebuilds={rebuilds.rows} />}
        </Show>
      </LiveView>
    </Page>
  )
}

function Projection(props: {
  readonly row: ProjectionRow
  readonly rebuild: RebuildRow | undefined
  readonly rebuilds: readonly RebuildRow[]
}): JSX.Element {
  const [isStarting, setStarting] = createSignal(false)
  const running = () => (props.rebuild && !isOver(props.rebuild) ? props.rebuild : undefined)
  const ended = () => (props.rebuild && isOver(props.rebuild) ? props.rebuild : undefined)
  const isRebuilding = () => running() !== undefined
  const notes = () => versionNotes(props.row)
  return (
    <div data-testid={`projection-${props.row.id}`}>
      <PageTitle
        title={props.row.name}
        words={`Of ${props.row.plugin}, version ${props.row.version}.`}
        actions={
          <>
            <StatusPill tone={projectionLook(props.row).tone}>{projectionLook(props.row).title}</StatusPill>
            <Button tone="primary" onClick={() => setStarting(true)} disabled={isRebuilding()}>
              Rebuild …
            </Button>
          </>
        }
      />
      <div class="flex flex-col gap-5">
        <Show when={notes().length > 0}>
          <InlineNotice tone={props.row.frozenWords === null ? 'info' : 'warning'}>{notes().join(' ')}</InlineNotice>
        </Show>
        <ProjectionError row={props.row} />
        <Show when={running()}>
          {(rebuild) => (
            <>
              <RebuildCard rebuild={rebuild()} row={props.row} />
              <Show when={rebuild().phase === 'comparing'}>
                <DifferencesCard rebuild={rebuild()} />
              </Show>
            </>
          )}
        </Show>
        <Card title="Now">
          <ProjectionFigures row={props.row} />
        </Card>
        <Show when={ended()}>{(rebuild) => <RebuildCard rebuild={rebuild()} row={props.row} />}</Show>
        <ParkedProjectionsCard row={props.row} isBusy={isRebuilding()} />
        <KeptCard row={props.row} isBusy={isRebuilding()} phase={props.rebuild?.phase} />
        <ProjectionHistoryCard projection={props.row.id} rebuilds={props.rebuilds} />
        <ResetCard row={props.row} isBusy={isRebuilding()} />
      </div>
      <StartRebuildDialog projection={isStarting() ? props.row.id : undefined} onClose={() => setStarting(false)} />
    </div>
  )
}

function UnknownProjection(props: { readonly id: string }): JSX.Element {
  return (
    <EmptyState
      title="There is no such projection"
      words={`Found no "${props.id}": its plugin may have been removed, or logic does not lead just now.`}
      actions={<ButtonLink href="/projections">All projections</ButtonLink>}
    />
  )
}
