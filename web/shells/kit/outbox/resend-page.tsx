import { useNavigate, useParams } from '@solidjs/router'
import { type JSX, Match, Show, Switch } from 'solid-js'
import { needsAttention, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { ButtonLink, EmptyState, Loading, Page } from '#web/ui'
import { useAppManifest } from '../manifest-gate.tsx'
import { createRecord } from './create-record.ts'
import { createKnownAction } from './known-action.ts'
import { ResendForm } from './resend-form.tsx'
import { useOutboxSurroundings } from './use-outbox-surroundings.ts'

/** What was entered once, to be put right and sent again. */
export function ResendPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const navigate = useNavigate()
  const app = useAppManifest()
  const surroundings = useOutboxSurroundings()
  const record = createRecord(
    () => params.id,
    () => surroundings.outbox,
  )
  return (
    <Page narrow>
      <Switch>
        <Match when={record.state() === 'loading'}>
          <Loading label="Reading what is on this device" />
        </Match>
        <Match when={resendable(record())}>
          {(found) => {
            const known = createKnownAction(
              () => found().name,
              () => app.manifest.plugins,
            )
            return (
              <Show when={!known.loading} fallback={<Loading label="Loading the form" />}>
                <ResendForm
                  {...surroundings}
                  record={found()}
                  known={known()}
                  onSent={(sent) => navigate(`/outbox/${sent.id}`, { replace: true })}
                />
              </Show>
            )
          }}
        </Match>
        <Match when={true}>
          <h1 class="sr-only">Edit and resend</h1>
          <EmptyState
            title="There is nothing to send again"
            words="This action has arrived, is on its way, or is no longer on this device."
            actions={<ButtonLink href="/outbox">Go to the outbox</ButtonLink>}
          />
        </Match>
      </Switch>
    </Page>
  )
}

function resendable(record: OutboxRecord | undefined): OutboxRecord | undefined {
  return record && needsAttention(record) ? record : undefined
}
