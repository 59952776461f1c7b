import { createMemo, type JSX, Match, Show, Switch } from 'solid-js'
import { type Column, DataTable, formatCount, InlineNotice, Loading, StatusPill } from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { loadProof, type Proof } from './rebuild-api.ts'
import { type RebuildRow, sampleWords } from './rebuild-looks.ts'

type TableProof = Proof['tables'][number]

/** What was compared before the swap: rows and hashes of each new table, and of an independent fold of the same events. */
export function ProofView(props: { readonly rebuild: RebuildRow }): JSX.Element {
  const asked = createMemo(() => (props.rebuild.proofOutcome === null ? undefined : props.rebuild.id))
  const proof = createLoaded(asked, loadProof)
  return (
    <section class="overflow-hidden rounded-control border border-line" data-testid="proof" aria-label="Proof">
      <header class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-3 py-2">
        <p class="text-sm">
          <span class="font-medium">Proof</span>{' '}
          <span class="text-ink-muted">
            {sampleWords(props.rebuild.proofSampleShare ?? 1)} folded a second time, independently
          </span>
        </p>
        <StatusPill tone={props.rebuild.proofOutcome === 'equal' ? 'normal' : 'alarm'}>
          {props.rebuild.proofOutcome === 'equal' ? 'Equal' : 'Different'}
        </StatusPill>
      </header>
      <Switch>
        <Match when={proof.value()}>{(found) => <ProofTables proof={found()} />}</Match>
        <Match when={proof.state() === 'loading'}>
          <Loading label="Loading the proof" lineCount={1} />
        </Match>
        <Match when={proof.state() === 'failed'}>
          <InlineNotice tone="warning" class="m-3">
            The tables of the proof cannot be shown: {proof.words()}
          </InlineNotice>
        </Match>
      </Switch>
    </section>
  )
}

function ProofTables(props: { readonly proof: Proof }): JSX.Element {
  return (
    <div class="border-t border-line">
      <DataTable
        caption="Proof by table"
        columns={columns}
        rows={props.proof.tables}
        empty={<p class="p-3">No table.</p>}
      />
      <Show when={props.proof.examples.length > 0}>
        <p class="border-t border-line px-3 py-2 text-sm">
          Rows that differ, to begin looking with:{' '}
          <span class="font-mono text-xs wrap-anywhere">
            {props.proof.examples.map(({ table, key }) => `${table} ${key}`).join(', ')}
          </span>
        </p>
      </Show>
    </div>
  )
}

const columns: readonly Column<TableProof>[] = [
  { title: 'Table', isHeader: true, cell: ({ table }) => <span class="font-mono text-xs">{table}</span> },
  { title: 'Rows', align: 'end', cell: ({ rowCount }) => formatCount(rowCount) },
  { title: 'Wanted', align: 'end', cell: ({ wantedRowCount }) => formatCount(wantedRowCount) },
  {
    title: 'Hash',
    cell: ({ hash, wantedHash }) => (
      <span class="font-mono text-xs" title={`${hash}, wanted ${wantedHash}`}>
        {shortHash(hash)} {hash === wantedHash ? '= wanted' : `≠ ${shortHash(wantedHash)}`}
      </span>
    ),
  },
]

function shortHash(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 12)}…` : hash
}
