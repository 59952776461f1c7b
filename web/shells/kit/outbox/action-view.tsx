import ArrowRight from 'lucide-solid/icons/arrow-right'
import CircleQuestionMark from 'lucide-solid/icons/circle-question-mark'
import Pencil from 'lucide-solid/icons/pencil'
import SearchX from 'lucide-solid/icons/search-x'
import Trash from 'lucide-solid/icons/trash'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { isUnsent, needsAttention, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import {
  Button,
  ButtonLink,
  Card,
  CopyButton,
  EmptyState,
  Fact,
  FactList,
  formatCount,
  InlineNotice,
  Loading,
  Moment,
  Page,
  PageTitle,
  StatusPill,
} from '#web/ui'
import { fieldTitle, valueWords } from '../fields/field-values.ts'
import { createRecord } from './create-record.ts'
import { DiscardDialog } from './discard-dialog.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { RetryButton } from './outbox-row.tsx'
import { findRecord, type OutboxSurroundings } from './outbox-view.ts'
import { bodyValues, isId } from './record-fields.ts'
import { recordText } from './record-text.ts'
import { useRecordLook } from './use-record-look.ts'

/** All that is known of one action of this device, and all that can be done about it. */
export function ActionView(props: OutboxSurroundings & { readonly id: string }): JSX.Element {
  const record = createRecord(
    () => props.id,
    () => props.outbox,
  )
  return (
    <Page narrow>
      <Switch>
        <Match when={record()}>{(found) => <Found {...surroundingsOf(props)} record={found()} />}</Match>
        <Match when={record.state() === 'loading'}>
          <Loading label="Reading what is on this device" />
        </Match>
        <Match when={true}>
          <h1 class="sr-only">No such action</h1>
          <EmptyState
            icon={<SearchX aria-hidden="true" />}
            title="This action is not on this device"
            words="It was done on another device or by somebody else, or it is so long ago that it is no longer kept here."
            actions={<ButtonLink href="/outbox">Go to the outbox</ButtonLink>}
          />
        </Match>
      </Switch>
    </Page>
  )
}

const surroundingsOf = ({ outbox, pluginTitle, helpDesk, device }: OutboxSurroundings): OutboxSurroundings => ({
  outbox,
  pluginTitle,
  helpDesk,
  device,
})

function Found(props: OutboxSurroundings & { readonly record: OutboxRecord }): JSX.Element {
  const look = useRecordLook(props)
  return (
    <>
      <PageTitle title={props.record.title} words={props.pluginTitle(props.record.name)} />
      <div class="flex flex-col gap-4">
        <Show when={needsAttention(props.record)}>
          <InlineNotice tone="alarm" testId="outbox-reason">
            <strong class="font-semibold">{look().title}.</strong> {look().words}
          </InlineNotice>
        </Show>
        <ActionButtons {...surroundingsOf(props)} record={props.record} />
        <Card title="How it stands">
          <FactList testId="outbox-facts">
            <Fact title="State">
              <StatusPill tone={look().tone}>{look().title}</StatusPill>
              <Show when={!needsAttention(props.record)}>
                <p class="mt-1 text-sm text-ink-muted">{look().words}</p>
              </Show>
            </Fact>
            <Fact title="Happened">
              <Moment at={props.record.at} />
            </Fact>
            <Fact title="Tries">
              {formatCount(props.record.attempts)}
              <Show when={props.record.lastTryAt}>
                {(at) => (
                  <>
                    , the last <Moment at={at()} />
                  </>
                )}
              </Show>
            </Fact>
            <Show when={props.record.endedAt}>
              {(at) => (
                <Fact title="Ended">
                  <Moment at={at()} />
                </Fact>
              )}
            </Show>
            <Related title="Waits for" ids={props.record.dependsOn} outbox={props.outbox} />
            <Related
              title="Wait for this"
              ids={isUnsent(props.record) || needsAttention(props.record) ? dependantIds(props) : []}
              outbox={props.outbox}
            />
            <Related title="Sent instead of" ids={listOf(props.record.replaces)} outbox={props.outbox} />
            <Related title="Sent again as" ids={listOf(props.record.replacedBy)} outbox={props.outbox} />
          </FactList>
        </Card>
        <Card title="What was entered">
          <FactList testId="outbox-input">
            <For
              each={Object.entries(bodyValues(props.record))}
              fallback={<Fact title="Nothing">This action has no fields, or they cannot be read here.</Fact>}
            >
              {([name, value]) => (
                <Fact title={fieldTitle(name)}>
                  <span class={isId(value) ? 'font-mono text-sm break-all' : ''}>{valueWords(value)}</span>
                </Fact>
              )}
            </For>
          </FactList>
        </Card>
        <Card title="For whoever helps">
          <FactList>
            <Fact title="Action">
              <span class="font-mono text-sm">
                {props.record.name}, version {props.record.version}
              </span>
            </Fact>
            <Fact title="Number">{formatCount(props.record.seq)} of this device</Fact>
            <Fact title="Id">
              <span class="font-mono text-sm break-all">{props.record.id}</span>
            </Fact>
            <Show when={props.record.build}>
              <Fact title="Made with">
                <span class="font-mono text-sm break-all">{props.record.build}</span>
              </Fact>
            </Show>
          </FactList>
        </Card>
      </div>
    </>
  )
}

const listOf = (id: string | undefined): readonly string[] => (id === undefined ? [] : [id])

function dependantIds(props: Pick<OutboxSurroundings, 'outbox'> & { readonly record: OutboxRecord }) {
  // They change with the others.
  props.outbox.records()
  return props.outbox.dependants(props.record.id).map(({ id }) => id)
}

/** Other actions it has to do with, by their titles. */
function Related(props: {
  readonly title: string
  readonly ids: readonly string[]
  readonly outbox: OutboxSurroundings['outbox']
}): JSX.Element {
  return (
    <Show when={props.ids.length > 0}>
      <Fact title={props.title}>
        <ul class="flex flex-col">
          <For each={props.ids}>
            {(id) => (
              <li>
                <a
                  href={`/outbox/${id}`}
                  class="inline-flex min-h-touch min-w-touch items-center gap-1.5 text-accent underline underline-offset-4"
                >
                  {findRecord(props.outbox, id)?.title ?? 'An earlier action'}
                  <ArrowRight class="size-4 shrink-0" aria-hidden="true" />
                </a>
              </li>
            )}
          </For>
        </ul>
      </Fact>
    </Show>
  )
}

function ActionButtons(props: OutboxSurroundings & { readonly record: OutboxRecord }): JSX.Element {
  const [asks, setAsks] = createSignal<'discard' | 'help'>()
  const look = useRecordLook(props)
  const needsSomebody = () => needsAttention(props.record)
  const isHeldUp = () => props.record.state === 'waiting' && look().tone === 'warning'
  return (
    <>
      <div class="flex flex-wrap gap-2">
        <Show when={needsSomebody()}>
          <ButtonLink href={`/outbox/${props.record.id}/edit`} icon={<Pencil class="size-4" aria-hidden="true" />}>
            Edit and resend
          </ButtonLink>
        </Show>
        <Show when={props.record.state === 'stuck' || isHeldUp()}>
          <RetryButton record={props.record} outbox={props.outbox} />
        </Show>
        <Show when={props.helpDesk && (needsSomebody() || isUnsent(props.record))}>
          <Button onClick={() => setAsks('help')} icon={<CircleQuestionMark class="size-4" aria-hidden="true" />}>
            Ask for help …
          </Button>
        </Show>
        <CopyButton
          title="The action as text"
          text={() =>
            recordText(props.record, {
              look: look(),
              plugin: props.pluginTitle(props.record.name),
              device: props.device,
            })
          }
        >
          Copy as text
        </CopyButton>
        <Show when={needsSomebody() || props.record.state === 'waiting'}>
          <Button onClick={() => setAsks('discard')} icon={<Trash class="size-4" aria-hidden="true" />}>
            Discard …
          </Button>
        </Show>
      </div>
      <DiscardDialog
        open={asks() === 'discard'}
        record={props.record}
        outbox={props.outbox}
        onClose={() => setAsks(undefined)}
      />
      <Show when={props.helpDesk}>
        {(helpDesk) => (
          <HelpDialog
            open={asks() === 'help'}
            record={props.record}
            helpDesk={helpDesk()}
            onClose={() => setAsks(undefined)}
          />
        )}
      </Show>
    </>
  )
}
