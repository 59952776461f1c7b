import { For, type JSX, Show } from 'solid-js'
import {
  Button,
  Figure,
  Figures,
  formatBytes,
  formatCount,
  formatPlural,
  formatShortLength,
  InlineNotice,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import {
  type Deed,
  type PartRow,
  partLook,
  placesWords,
  type ServiceRow,
  serviceLook,
  serviceTitle,
} from './service-looks.ts'

/** One instance: who it is, how it fares, what of the plugins it runs, and what may be done to it. */
export function ServiceBlock(props: {
  readonly service: ServiceRow
  readonly parts: readonly PartRow[]
  /** It may be ended although it answers nobody. */
  readonly canForce: boolean
  onAsk(deed: Deed): void
}): JSX.Element {
  const isOnline = () => props.service.state === 'online'
  return (
    <li
      data-testid={`service-${props.service.id}`}
      class="flex flex-col gap-3 rounded-card border border-line bg-surface px-4 py-3.5 sm:px-5"
    >
      <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h2 class="text-[0.9375rem] font-semibold wrap-anywhere">{serviceTitle(props.service)}</h2>
          <p class="text-sm wrap-anywhere text-ink-muted">
            Zone {props.service.zone}, version {props.service.build}, process {props.service.pid} on{' '}
            {props.service.host}
            <Show when={props.service.url}>{(url) => <>, {url()}</>}</Show>
          </p>
        </div>
        <div class="flex flex-wrap items-center gap-2">
          <StatusPill tone={serviceLook(props.service).tone}>{serviceLook(props.service).title}</StatusPill>
          <Show when={props.service.restartingSince === null}>
            <Show
              when={isOnline()}
              fallback={
                <Show when={props.canForce}>
                  <RestartButton service={props.service} onAsk={props.onAsk} />
                </Show>
              }
            >
              <Deeds service={props.service} onAsk={props.onAsk} />
            </Show>
          </Show>
        </div>
      </div>
      <Show when={isOnline()} fallback={<LostFigures service={props.service} />}>
        <LoadFigures service={props.service} />
      </Show>
      <Show when={isOnline() ? props.service.queueTrouble : null}>
        {(words) => <InlineNotice tone="warning">Its queue: {words()}</InlineNotice>}
      </Show>
      <Show when={props.parts.length > 0}>
        <Parts parts={props.parts} of={serviceTitle(props.service)} />
      </Show>
    </li>
  )
}

function Deeds(props: { readonly service: ServiceRow; onAsk(deed: Deed): void }): JSX.Element {
  const title = () => serviceTitle(props.service)
  return (
    <>
      <Show when={props.service.name === 'worker'}>
        <Show
          when={props.service.isDraining}
          fallback={
            <Button onClick={() => props.onAsk('drain')} aria-label={`Drain ${title()}`}>
              Drain …
            </Button>
          }
        >
          <Button onClick={() => props.onAsk('resume')} aria-label={`Take jobs again: ${title()}`}>
            Take jobs again …
          </Button>
        </Show>
      </Show>
      <Show
        when={props.service.isSupervised}
        fallback={<span class="text-xs text-ink-muted">Started by hand: restart it there.</span>}
      >
        <RestartButton service={props.service} onAsk={props.onAsk} />
      </Show>
    </>
  )
}

function RestartButton(props: { readonly service: ServiceRow; onAsk(deed: Deed): void }): JSX.Element {
  return (
    <Button onClick={() => props.onAsk('restart')} aria-label={`Restart ${serviceTitle(props.service)}`}>
      Restart …
    </Button>
  )
}

/** Above this the process is too busy to answer at once. */
const loopDelayMsNormal = 100

function LoadFigures(props: { readonly service: ServiceRow }): JSX.Element {
  return (
    <Figures class="sm:grid-cols-3 lg:grid-cols-5">
      <Figure compact title="Running since">
        <RelativeTime at={props.service.startedAt} />
      </Figure>
      <Figure compact title="Round trip" note={props.service.name === 'logic' ? 'this is logic' : 'to logic and back'}>
        <Show when={props.service.roundTripMs !== null} fallback="–">
          {formatShortLength(props.service.roundTripMs ?? 0)}
        </Show>
      </Figure>
      <Figure compact title="Memory">
        {formatBytes(props.service.memoryBytes)}
      </Figure>
      <Figure
        compact
        title="Loop delay"
        note={props.service.loopDelayMs > loopDelayMsNormal ? 'too busy to answer' : undefined}
      >
        <Show
          when={props.service.loopDelayMs > loopDelayMsNormal}
          fallback={`${Math.round(props.service.loopDelayMs)} ms`}
        >
          <StatusPill tone="warning">{Math.round(props.service.loopDelayMs)} ms</StatusPill>
        </Show>
      </Figure>
      <WorkFigure service={props.service} />
    </Figures>
  )
}

/** What this role is there for. */
function WorkFigure(props: { readonly service: ServiceRow }): JSX.Element {
  return (
    <Show
      when={props.service.name === 'agent' || props.service.name === 'worker'}
      fallback={
        <Figure compact title="Devices" note={formatPlural(props.service.observationCount, 'observation')}>
          {formatCount(props.service.sessionCount)}
        </Figure>
      }
    >
      <Show
        when={props.service.name === 'agent'}
        fallback={
          <Figure
            compact
            title="Places"
            note={formatPlural(props.service.jobProcessCount, 'process for jobs', 'processes for jobs')}
          >
            {placesWords(props.service)}
          </Figure>
        }
      >
        <Figure compact title="Waiting actions" note={<WaitingNote service={props.service} />}>
          {props.service.queuedActionCount === 0 ? 'none' : formatCount(props.service.queuedActionCount)}
        </Figure>
      </Show>
    </Show>
  )
}

function WaitingNote(props: { readonly service: ServiceRow }): JSX.Element {
  return (
    <>
      <Show
        when={props.service.oldestQueuedAt}
        fallback={props.service.deliveredActionCount === 0 ? 'nothing to send yet' : 'all reached logic'}
      >
        {(at) => (
          <>
            the oldest from <RelativeTime at={at()} />
          </>
        )}
      </Show>
      <Show when={props.service.deliveredActionCount > 0}>
        , {formatCount(props.service.deliveredActionCount)} delivered since its start
      </Show>
      <Show when={props.service.refusedActionCount > 0}>, {formatCount(props.service.refusedActionCount)} refused</Show>
    </>
  )
}

/** Of one that is gone only its last words count. */
function LostFigures(props: { readonly service: ServiceRow }): JSX.Element {
  return (
    <Figures class="sm:grid-cols-3 lg:grid-cols-5">
      <Figure compact title="Last contact">
        <RelativeTime at={props.service.lastSeenAt} />
      </Figure>
      <Figure compact title="Had run since">
        <RelativeTime at={props.service.startedAt} />
      </Figure>
      <Show when={props.service.name === 'agent' && props.service.queuedActionCount > 0}>
        <Figure compact title="Waiting actions" note="on its disk when last heard of">
          {formatCount(props.service.queuedActionCount)}
        </Figure>
      </Show>
    </Figures>
  )
}

function Parts(props: { readonly parts: readonly PartRow[]; readonly of: string }): JSX.Element {
  const explained = () => props.parts.filter(({ state, words }) => state !== 'running' && words !== '')
  const littering = () => props.parts.filter(({ state, left }) => state !== 'stuck' && left.length > 0)
  const failing = () => props.parts.filter(({ state, failureCount }) => state === 'running' && failureCount > 0)
  return (
    <div class="border-t border-line pt-3">
      <ul aria-label={`Plugins on ${props.of}`} class="flex flex-wrap gap-x-4 gap-y-2 text-sm">
        <For each={props.parts}>
          {(part) => (
            <li class="flex min-w-0 flex-wrap items-center gap-2" data-testid={`part-${part.id}`}>
              <span class="min-w-0 wrap-anywhere">
                {part.plugin} <span class="text-xs text-ink-muted">{part.version}</span>
              </span>
              <StatusPill tone={partLook(part).tone}>{partLook(part).title}</StatusPill>
            </li>
          )}
        </For>
      </ul>
      <For each={explained()}>
        {(part) => (
          <InlineNotice class="mt-2" tone={partLook(part).tone === 'alarm' ? 'alarm' : 'info'}>
            <span class="wrap-anywhere">
              {part.plugin}: {part.words}
            </span>
          </InlineNotice>
        )}
      </For>
      <For each={littering()}>
        {(part) => (
          <InlineNotice class="mt-2" tone="warning">
            <span class="wrap-anywhere">
              {part.plugin} left something behind when it was last stopped: {part.left.join(', ')}.
            </span>
          </InlineNotice>
        )}
      </For>
      <For each={failing()}>
        {(part) => (
          <InlineNotice class="mt-2" tone="warning">
            {part.plugin}: {formatPlural(part.failureCount, 'piece')} of its work on timers failed; its log says why.
          </InlineNotice>
        )}
      </For>
    </div>
  )
}
