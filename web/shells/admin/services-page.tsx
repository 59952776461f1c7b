import { useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { PartStatus, ServiceStatus } from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import { EmptyState, LiveView, Page, PageTitle, TextInput } from '#web/ui'
import { ConnectedDevicesCard } from './connected-devices-card.tsx'
import { PluginsCard } from './plugins-card.tsx'
import { ServiceBlock } from './service-block.tsx'
import { ServiceDialog, type ServiceQuestion } from './service-dialog.tsx'
import { byRole, canForce, isFound } from './service-looks.ts'

/** Every instance of every service, one block each; below them the plugins that run on them, and the devices that they hold. */
export function ServicesPage(): JSX.Element {
  const services = useObservable(ServiceStatus, () => ({}))
  const parts = useObservable(PartStatus, () => ({}))
  const [search, setSearch] = useSearchParams<{ find?: string }>()
  const [question, setQuestion] = createSignal<ServiceQuestion>()
  const typed = () => (search.find ?? '').trim()
  const partsOf = (instance: string) => parts.rows.filter((part) => part.instance === instance)
  const found = createMemo(() =>
    services.rows.filter((service) => isFound(service, partsOf(service.id), typed())).toSorted(byRole),
  )
  return (
    <Page>
      <PageTitle
        title="Services"
        words="The processes that run now, what they do for the plugins, and the devices they hold."
      />
      <div class="flex flex-col gap-5">
        <LiveView of={services}>
          <Show
            when={services.rows.length > 0}
            fallback={<EmptyState title="No service has reported yet" words="They appear within a few seconds." />}
          >
            <TextInput
              type="search"
              class="max-w-md"
              label="Find"
              hint="A role, name, zone, machine, version, state or plugin"
              value={search.find ?? ''}
              onInput={(find) => setSearch({ find: find === '' ? undefined : find }, { replace: true })}
            />
            <Show
              when={found().length > 0}
              fallback={
                <EmptyState title="No service is like that" words={`Nothing of “${typed()}” is said of any.`} />
              }
            >
              <ul aria-label="Services" class="flex flex-col gap-3">
                <For each={found()}>
                  {(service) => (
                    <ServiceBlock
                      service={service}
                      parts={partsOf(service.id)}
                      canForce={canForce(service, services.rows)}
                      onAsk={(deed) => setQuestion({ deed, service: { ...service } })}
                    />
                  )}
                </For>
              </ul>
            </Show>
          </Show>
        </LiveView>
        <PluginsCard services={services.rows} parts={parts.rows} />
        <ConnectedDevicesCard />
      </div>
      <ServiceDialog question={question()} onClose={() => setQuestion(undefined)} />
    </Page>
  )
}
