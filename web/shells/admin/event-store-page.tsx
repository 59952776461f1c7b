import { type JSX, Show } from 'solid-js'
import { EventStoreLook, EventStoreStatus, StoreGroupStatus } from '#vortex/protocol/store-tuples.ts'
import { useObservable } from '#web/sdk'
import { InlineNotice, LiveView, Page, PageTitle, RelativeTime, StatusPill } from '#web/ui'
import { BackupCard } from './backup-card.tsx'
import { ScavengeCard } from './scavenge-card.tsx'
import { storeLook } from './status-looks.ts'
import { StoreFiguresCard } from './store-figures-card.tsx'
import { StoreGroupsCard } from './store-groups-card.tsx'
import { StoreRatesCard } from './store-rates-card.tsx'
import { SlowReadsCard, StoreSubscriptionsCard } from './store-subscriptions-card.tsx'

/** How the log is, who reads it, what got stuck, and tidying up. */
export function EventStorePage(): JSX.Element {
  const statuses = useObservable(EventStoreStatus, () => ({}))
  const looks = useObservable(EventStoreLook, () => ({}))
  const groups = useObservable(StoreGroupStatus, () => ({}))
  return (
    <Page>
      <PageTitle
        title="Event store"
        words="The log that everything else is made from, and who reads it."
        actions={
          <Show when={statuses.rows[0]}>
            {(status) => (
              <span class="flex items-center gap-2 text-sm text-ink-muted" data-testid="store-state">
                <RelativeTime at={status().since} />
                <StatusPill tone={storeLook(status()).tone}>{storeLook(status()).title}</StatusPill>
              </span>
            )}
          </Show>
        }
      />
      <LiveView of={statuses}>
        <Show when={statuses.rows[0]}>
          {(status) => (
            <div class="flex flex-col gap-5">
              <Show when={status().state !== 'ready'}>
                <InlineNotice tone={status().state === 'lost' ? 'alarm' : 'info'}>
                  The event store is away: {status().words}. It is tried again all the time; nothing is lost meanwhile.
                </InlineNotice>
              </Show>
              <Show when={status().state === 'ready' && status().figuresWords}>
                {(words) => <InlineNotice tone="warning">There are no figures: {words()}</InlineNotice>}
              </Show>
              <StoreFiguresCard status={status()} />
              <StoreRatesCard status={status()} looks={looks.rows} />
              <StoreGroupsCard status={status()} groups={groups.rows} />
              <StoreSubscriptionsCard status={status()} />
              <SlowReadsCard status={status()} />
              <ScavengeCard status={status()} />
              <BackupCard status={status()} />
            </div>
          )}
        </Show>
      </LiveView>
    </Page>
  )
}
