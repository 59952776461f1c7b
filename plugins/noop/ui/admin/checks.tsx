import Play from 'lucide-solid/icons/play'
import { createMemo, createSignal, type JSX, Show } from 'solid-js'
import { makeUuid, useObservable, useRpc } from '#web/sdk'
import { Button, Card, formatPlural, InlineNotice, LiveView, Progress } from '#web/ui'
import { StartRun } from '../../shared/rpcs.ts'
import { CheckResult, Run } from '../../shared/tuples.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { CheckTable } from './check-table.tsx'
import { RunList } from './run-list.tsx'
import { makeKey, restartParts, setMark } from './start-run.ts'

/** Runs all checks or one, live, and shows the runs before. */
export function Screen(): JSX.Element {
  const runs = useObservable(Run, () => ({}))
  const [pickedId, setPickedId] = createSignal<string>()
  const [failure, setFailure] = createSignal<string>()
  const [isBeginning, setBeginning] = createSignal(false)
  const start = useRpc(StartRun)
  const newestFirst = createMemo(() => runs.rows.toSorted((a, b) => b.beganAt - a.beganAt))
  const shown = createMemo(() => newestFirst().find(({ id }) => id === pickedId()) ?? newestFirst()[0])
  const results = useObservable(CheckResult, () => {
    const run = shown()
    return run && { runId: run.id }
  })
  const isRunning = () => newestFirst()[0]?.state === 'running'

  const begin = async (checks: readonly string[]): Promise<void> => {
    setFailure(undefined)
    setBeginning(true)
    try {
      if (checks.length === 0 || checks.some((name) => name.startsWith('unload.'))) await restartParts()
      const mark = `set by the page, ${makeUuid()}`
      await setMark(mark)
      const { runId } = await start.call({ checks: [...checks], mark, key: await makeKey() })
      setPickedId(runId)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setBeginning(false)
    }
  }

  return (
    <NoopFrame
      title="Checks"
      words="Tries out everything the platform promises to plugins, on this platform as it runs now."
      actions={
        <Button
          tone="primary"
          data-testid="run-all"
          icon={<Play class="size-4" aria-hidden="true" />}
          busy={isBeginning() || isRunning()}
          onClick={() => void begin([])}
        >
          Run all
        </Button>
      }
    >
      <Show when={failure()}>
        {(words) => <InlineNotice onDismiss={() => setFailure(undefined)}>{words()}</InlineNotice>}
      </Show>
      <LiveView of={runs}>
        <Show when={shown()}>
          {(run) => (
            <Show
              when={run().state !== 'finished' || run().redCount > 0}
              fallback={<AllGreen count={run().greenCount} />}
            >
              <Show
                when={run().state === 'running'}
                fallback={
                  <InlineNotice testId="verdict">
                    {formatPlural(run().redCount, 'check')} red, {run().greenCount} green
                    {run().state === 'interrupted' ? `. The run was interrupted: ${run().words}` : '.'}
                  </InlineNotice>
                }
              >
                <Progress
                  label="Checking"
                  value={(run().greenCount + run().redCount) / Math.max(1, run().checkCount)}
                  words={`${run().greenCount + run().redCount} of ${run().checkCount}, ${run().redCount} red`}
                />
              </Show>
            </Show>
          )}
        </Show>
        <Card title="Checks" words={shown() ? 'As the run chosen below found them.' : 'None has run yet.'} flush>
          <CheckTable
            results={results.rows}
            isRunning={shown()?.state === 'running'}
            isBusy={isBeginning() || isRunning()}
            onRun={(name) => void begin([name])}
          />
        </Card>
        <Card title="Runs" flush>
          <RunList runs={newestFirst()} shownId={shown()?.id} onShow={setPickedId} />
        </Card>
      </LiveView>
    </NoopFrame>
  )
}

function AllGreen(props: { readonly count: number }): JSX.Element {
  return (
    <InlineNotice tone="info" testId="verdict">
      All green: {formatPlural(props.count, 'check')}.
    </InlineNotice>
  )
}
