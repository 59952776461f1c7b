import { createSignal, For, type JSX, Show } from 'solid-js'
import { ProjectionStatus, RebuildStatus } from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import { Button, EmptyState, LiveView, Page, PageTitle, Progress, StatusPill } from '#web/ui'
import { ProjectionError } from './projection-error.tsx'
import { ProjectionFigures, VersionNotes } from './projection-figures.tsx'
import { projectionHref } from './projection-href.ts'
import { isOver, latestOf, progressWords, type RebuildRow, rebuildLook, rebuildTitle } from './rebuild-looks.ts'
import { StartRebuildDialog } from './start-rebuild-dialog.tsx'
import { type ProjectionRow, projectionLook } from './status-looks.ts'

/** How the read models stand, one block each; a rebuild begins here, and goes on on the page of its projection. */
export function ProjectionsPage(): JSX.Element {
  const projections = useObservable(ProjectionStatus, () => ({}))
  const rebuilds = useObservable(RebuildStatus, () => ({}))
  const [startId, setStartId] = createSignal<string>()
  return (
    <Page>
      <PageTitle title="Projections" words="They turn events into the tables that screens show." />
      <LiveView of={projections}>
        <Show
          when={projections.rows.length > 0}
          fallback={
            <EmptyState
              title="No projection runs here"
              words="They come with the plugins that define them, and run on the logic that leads."
            />
          }
        >
          <ul aria-label="Projections" class="flex flex-col gap-3">
            <For each={projections.rows}>
              {(row) => (
                <ProjectionBlock
                  row={row}
                  rebuild={latestOf(rebuilds.rows, row.id)}
                  onRebuild={() => setStartId(row.id)}
                />
              )}
            </For>
          </ul>
        </Show>
      </LiveView>
      <StartRebuildDialog projection={startId()} onClose={() => setStartId(undefined)} />
    </Page>
  )
}

function ProjectionBlock(props: {
  readonly row: ProjectionRow
  readonly rebuild: RebuildRow | undefined
  onRebuild(): void
}): JSX.Element {
  const running = () => {
    const { rebuild } = props
    return rebuild && !isOver(rebuild) ? rebuild : undefined
  }
  return (
    <li
      data-testid={`projection-${props.row.id}`}
      class="flex flex-col gap-3 rounded-card border border-line bg-surface px-4 py-3.5 sm:px-5"
    >
      <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h2 class="text-[0.9375rem] font-semibold wrap-anywhere">
            <a href={projectionHref(props.row.id)} class="hover:underline">
              {props.row.name}
            </a>
          </h2>
          <p class="text-sm text-ink-muted">
            {props.row.plugin}, version {props.row.version}
          </p>
        </div>
        <div class="flex flex-wrap items-center gap-2">
          <Show when={props.row.parkedCount > 0}>
            <a href={projectionHref(props.row.id)} class="rounded-full hover:underline">
              <StatusPill tone="warning" title="Events that could not be applied, and those behind them">
                {props.row.parkedCount} parked
              </StatusPill>
            </a>
          </Show>
          <StatusPill tone={projectionLook(props.row).tone}>{projectionLook(props.row).title}</StatusPill>
          <Show when={!running()}>
            <Button onClick={() => props.onRebuild()} aria-label={`Rebuild ${props.row.id}`}>
              Rebuild …
            </Button>
          </Show>
        </div>
      </div>
      <VersionNotes row={props.row} />
      <Show when={running()}>{(rebuild) => <RunningRebuild rebuild={rebuild()} />}</Show>
      <ProjectionFigures row={props.row} compact />
      <ProjectionError row={props.row} />
    </li>
  )
}

function RunningRebuild(props: { readonly rebuild: RebuildRow }): JSX.Element {
  const look = () => rebuildLook(props.rebuild)
  return (
    <div class="flex flex-wrap items-end gap-x-4 gap-y-2 rounded-control bg-sunken px-3 py-2.5">
      <div class="min-w-0 flex-1 basis-60">
        <Progress
          label={rebuildTitle(props.rebuild)}
          value={props.rebuild.phase === 'queued' ? undefined : props.rebuild.share}
          words={progressWords(props.rebuild)}
        />
      </div>
      <a
        href={projectionHref(props.rebuild.projection)}
        class="inline-flex items-center gap-2 text-sm font-medium text-accent hover:underline"
      >
        <StatusPill tone={look().tone}>{look().title}</StatusPill>
        Open
      </a>
    </div>
  )
}
