import { useSearchParams } from '@solidjs/router'
import ArrowUp from 'lucide-solid/icons/arrow-up'
import Download from 'lucide-solid/icons/download'
import RefreshCw from 'lucide-solid/icons/refresh-cw'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, Card, EmptyState, ErrorPanel, formatInstant, InlineNotice, Loading, Page, PageTitle } from '#web/ui'
import { AuditEventRow } from './audit-event-row.tsx'
import { ExportDialog, ExportProgress } from './audit-export-panel.tsx'
import { type AuditSearch, fromParams, toParams, toQuery } from './audit-search.ts'
import { AuditSearchForm, isAnything } from './audit-search-form.tsx'
import { createAuditExport } from './create-audit-export.ts'
import { type AuditList, countWords, createAuditList } from './create-audit-list.ts'

/** What was recorded, and who did it. The search is part of the address, so that it can be sent to somebody. */
export function AuditPage(): JSX.Element {
  const [params, setParams] = useSearchParams()
  const search = createMemo(() => fromParams(params), undefined, {
    equals: (a, b) => JSON.stringify(toParams(a)) === JSON.stringify(toParams(b)),
  })
  const list = createAuditList(search)
  const exporting = createAuditExport()
  const [isAsking, setAsking] = createSignal(false)
  const go = (next: AuditSearch): void => {
    const known = Object.fromEntries(Object.keys(params).map((name) => [name, undefined]))
    setParams({ ...known, ...toParams(next) })
    list.refresh()
  }
  return (
    <Page>
      <PageTitle
        title="Audit"
        words="Everything that was recorded: who did what, when, and what came of it. Refused actions too."
        actions={
          <>
            <Button onClick={() => setAsking(true)} icon={<Download class="size-4" aria-hidden="true" />}>
              Export
            </Button>
            <Button onClick={() => list.refresh()} icon={<RefreshCw class="size-4" aria-hidden="true" />}>
              Refresh
            </Button>
          </>
        }
      />
      <AuditSearchForm search={search()} onSearch={go} />
      <ExportProgress export={exporting} />
      <ListNotices list={list} />
      <Found list={list} isFiltered={isAnything(search())} onClear={() => go(fromParams({}))} />
      <ExportDialog
        open={isAsking()}
        export={exporting}
        amount={amountOf(list)}
        query={() => toQuery(search())}
        onClose={() => setAsking(false)}
      />
    </Page>
  )
}

function amountOf(list: AuditList): string | undefined {
  const count = list.count()
  return count && countWords(count)
}

function ListNotices(props: { readonly list: AuditList }): JSX.Element {
  return (
    <>
      <Show when={!props.list.isComplete()}>
        <InlineNotice tone="warning" class="mb-3">
          The list of events is behind the log just now: the newest ones may be missing. Refresh in a moment.
        </InlineNotice>
      </Show>
      <div role="status" class="mb-2 flex min-h-6 flex-wrap items-center justify-between gap-3 text-sm">
        <span class="text-ink-muted tabular-nums">
          {props.list.state() === 'ready' ? (amountOf(props.list) ?? '') : ''}
        </span>
        <Show when={props.list.newer()}>
          {(count) => (
            <Button onClick={() => props.list.refresh()} icon={<ArrowUp class="size-4" aria-hidden="true" />}>
              {count() === '1' ? '1 new event' : `${count()} new events`}
            </Button>
          )}
        </Show>
      </div>
    </>
  )
}

function Found(props: { readonly list: AuditList; readonly isFiltered: boolean; onClear(): void }): JSX.Element {
  return (
    <Switch>
      <Match when={props.list.state() === 'loading'}>
        <Card flush>
          <Loading label="Searching" lineCount={6} />
        </Card>
      </Match>
      <Match when={props.list.state() === 'failed'}>
        <ErrorPanel
          title="The search was not answered"
          words={props.list.words() ?? ''}
          onRetry={() => props.list.refresh()}
        />
      </Match>
      <Match when={props.list.rows().length === 0 && !props.list.hasMore()}>
        <Card flush>
          <EmptyState
            title={props.isFiltered ? 'Nothing that was recorded fits' : 'Nothing has happened yet'}
            words={
              props.isFiltered
                ? 'All that is said must fit. Capitals count in names, not in words of the data.'
                : 'As soon as somebody does something, it appears here.'
            }
            actions={
              <Show when={props.isFiltered}>
                <Button onClick={() => props.onClear()}>Show everything</Button>
              </Show>
            }
          />
        </Card>
      </Match>
      <Match when={true}>
        <ul
          aria-label="Events"
          class="divide-y divide-line overflow-hidden rounded-card border border-line bg-surface empty:hidden"
        >
          <For each={props.list.rows()}>{(event) => <AuditEventRow event={event} />}</For>
        </ul>
        <Show when={props.list.words()}>{(words) => <InlineNotice class="mt-3">{words()}</InlineNotice>}</Show>
        <Show when={props.list.hasMore()}>
          <div class="mt-4 flex flex-col items-center gap-2 text-sm text-ink-muted">
            <Show when={props.list.isUnfinished()}>
              <p>{lookedWords(props.list)}</p>
            </Show>
            <Button busy={props.list.isLoadingMore()} onClick={() => void props.list.loadMore()}>
              {props.list.isUnfinished() ? 'Look further' : 'More events'}
            </Button>
          </div>
        </Show>
      </Match>
    </Switch>
  )
}

function lookedWords(list: AuditList): string {
  const last = list.rows().at(-1)
  return last === undefined
    ? 'A million events were looked through, and none fits so far.'
    : `A million events were looked through; the last that fits is of ${formatInstant(last.recordedAt)}.`
}
