import { type JSX, Match, Show, Switch } from 'solid-js'
import {
  Card,
  DataTable,
  EmptyState,
  ErrorPanel,
  formatPlural,
  InlineNotice,
  Loading,
  Progress,
  StatusPill,
} from '#web/ui'
import type { PastAnswerView } from './create-past-answer.ts'
import type { PastChanges, PastRow, PastScreen, RowChange } from './past-api.ts'
import { cellWords, rowName } from './past-words.ts'

export const shownRowsMax = 500

/** What comes before there is something to see: waiting, the preparing of the past, and what went wrong. */
export function PastAnswerFrame<T>(props: {
  readonly answer: PastAnswerView<T>
  readonly children: (value: T) => JSX.Element
}): JSX.Element {
  return (
    <>
      <Show when={props.answer.preparing()}>
        {(preparing) => (
          <Card class="mb-4">
            <Progress
              label={`Preparing the past of ${preparing().projection || 'the read models'}`}
              value={preparing().share}
              words={etaWords(preparing().share, preparing().etaSeconds)}
            />
            <p class="mt-2 text-sm text-ink-muted">
              The history is folded once, beside live work. Later looks at any moment are quick.
            </p>
          </Card>
        )}
      </Show>
      <Switch>
        <Match when={props.answer.words()}>
          {(words) => <ErrorPanel title="This cannot be shown" words={words()} onRetry={() => props.answer.reload()} />}
        </Match>
        <Match when={props.answer.value()}>
          {(value) => (
            <div
              class={props.answer.isLoading() ? 'opacity-60 transition-opacity' : ''}
              aria-busy={props.answer.isLoading()}
            >
              {props.children(value())}
            </div>
          )}
        </Match>
        <Match when={props.answer.isLoading() && !props.answer.preparing()}>
          <Card flush>
            <Loading label="Loading the rows as they were" lineCount={5} />
          </Card>
        </Match>
      </Switch>
    </>
  )
}

function etaWords(share: number, etaSeconds: number | null): string {
  const percent = `${Math.floor(share * 100)} %`
  return etaSeconds === null ? percent : `${percent}, about ${Math.max(1, Math.ceil(etaSeconds))} s to go`
}

export function PastRowsCard(props: { readonly screen: PastScreen; readonly title: string }): JSX.Element {
  const hidden = () => props.screen.rowCount - props.screen.rows.length
  return (
    <Card
      title={props.title}
      words={`${formatPlural(props.screen.rowCount, 'row')}, by version ${props.screen.version} of ${props.screen.projection}`}
      flush
    >
      <div data-testid="past-rows">
        <DataTable<PastRow>
          caption={props.title}
          columns={props.screen.fields.map((field) => ({
            title: field,
            isHeader: field === props.screen.keyedBy[0],
            cell: (row) => <CellText value={row[field]} />,
          }))}
          rows={props.screen.rows}
          empty={<EmptyState title="No rows" words="At this moment there was nothing to show here." />}
        />
        <Show when={hidden() > 0}>
          <InlineNotice tone="info" class="m-3">
            {formatPlural(hidden(), 'more row')}: pick some by the fields above.
          </InlineNotice>
        </Show>
      </div>
    </Card>
  )
}

const looks = {
  added: { tone: 'normal', title: 'Added' },
  removed: { tone: 'idle', title: 'Removed' },
  changed: { tone: 'waiting', title: 'Changed' },
} as const

export function PastChangesCard(props: { readonly changes: PastChanges; readonly title: string }): JSX.Element {
  const words = () => {
    const { added, removed, changed } = props.changes
    return `${added} added, ${removed} removed, ${changed} changed`
  }
  const total = () => props.changes.added + props.changes.removed + props.changes.changed
  return (
    <Card title={props.title} words={words()} flush>
      <div data-testid="past-changes">
        <RowChangesTable
          title={props.title}
          changes={props.changes.changes}
          keyedBy={props.changes.keyedBy}
          emptyWords="Between the two moments these rows stayed the same."
        />
        <Show when={total() > props.changes.changes.length}>
          <InlineNotice tone="info" class="m-3">
            {formatPlural(total() - props.changes.changes.length, 'more row')}: pick some by the fields above.
          </InlineNotice>
        </Show>
      </div>
    </Card>
  )
}

/** Rows that came, went and changed, with the values that differ. */
export function RowChangesTable(props: {
  readonly title: string
  readonly changes: readonly RowChange[]
  readonly keyedBy: readonly string[]
  readonly emptyWords: string
}): JSX.Element {
  return (
    <DataTable<RowChange>
      caption={props.title}
      columns={[
        {
          title: 'Row',
          isHeader: true,
          cell: (change) => rowName(change.after ?? change.before ?? {}, props.keyedBy),
        },
        { title: 'What', cell: (change) => <ChangePill change={change} /> },
        { title: 'Values', cell: (change) => <ChangedValues change={change} /> },
      ]}
      rows={props.changes}
      empty={<EmptyState title="Nothing changed" words={props.emptyWords} />}
    />
  )
}

function ChangePill(props: { readonly change: RowChange }): JSX.Element {
  const look = () => looks[props.change.before === null ? 'added' : props.change.after === null ? 'removed' : 'changed']
  return <StatusPill tone={look().tone}>{look().title}</StatusPill>
}

/** Of a changed row the fields that differ; of one that came or went, all of it. */
function ChangedValues(props: { readonly change: RowChange }): JSX.Element {
  const whole = () => props.change.after ?? props.change.before ?? {}
  return (
    <Show
      when={props.change.before && props.change.after}
      fallback={
        <CellText
          value={Object.entries(whole())
            .map(([field, value]) => `${field}: ${cellWords(value)}`)
            .join(', ')}
        />
      }
    >
      <ul class="grid gap-0.5">
        {props.change.fields.map((field) => (
          <li class="wrap-anywhere">
            <span class="text-ink-muted">{field}: </span>
            <del class="text-ink-muted">{cellWords(props.change.before?.[field])}</del>
            <span aria-hidden="true"> → </span>
            <ins class="font-medium no-underline">{cellWords(props.change.after?.[field])}</ins>
          </li>
        ))}
      </ul>
    </Show>
  )
}

export function CellText(props: { readonly value: unknown }): JSX.Element {
  return <span class="block max-w-96 wrap-anywhere">{cellWords(props.value)}</span>
}
