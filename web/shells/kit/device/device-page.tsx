import Send from 'lucide-solid/icons/send'
import { createMemo, type JSX, Show } from 'solid-js'
import { useConnection, useOutbox } from '#web/sdk'
import { usePeek } from '#web/sdk/peek-context.ts'
import { ButtonLink, createNow, Page, PageTitle, showToast } from '#web/ui'
import { EffectsCard } from '../effect-notices.tsx'
import { useAppManifest, useAppUpdate } from '../manifest-gate.tsx'
import { AppCard } from './app-card.tsx'
import { CachedCard } from './cached-card.tsx'
import { ConnectionCard } from './connection-card.tsx'
import { createDeviceStorage } from './device-storage.ts'
import { createLastContact } from './last-contact.ts'
import { PacksCard } from './packs-card.tsx'
import { checkReadiness, type ReadinessTodo } from './readiness.ts'
import { ReadinessCard } from './readiness-card.tsx'
import { StorageCard } from './storage-card.tsx'
import { useDeviceStore } from './use-device-store.ts'
import { useKeptData } from './use-kept-data.ts'

/** How this device stands: whether one may leave coverage with it, what is on it, and how it reaches the server. */
export function DevicePage(): JSX.Element {
  const app = useAppManifest()
  const update = useAppUpdate()
  const connection = useConnection()
  const outbox = useOutbox()
  const store = useDeviceStore()
  const { packs } = usePeek('DevicePage')
  const kept = useKeptData()
  const storage = createDeviceStorage()
  const now = createNow()
  const isOnline = () => connection.state() === 'online'
  const lastContactAt = createLastContact({ app: app.manifest.app, isOnline })
  const pluginTitle = (id: string) => app.manifest.plugins.find((plugin) => plugin.id === id)?.title ?? id
  // Ages count in minutes here: a second is no news.
  const minute = createMemo(() => Math.floor(now() / 60_000) * 60_000)
  const checks = createMemo(() =>
    checkReadiness({
      now: minute(),
      isOnline: isOnline(),
      shell: app.shell.state(),
      hasUpdate: update.isReady(),
      outbox: outbox.status(),
      isDurable: store.isDurable(),
      packs: packs.list(),
      storage: storage.facts(),
      clockOffsetMs: connection.clockOffsetMs(),
    }),
  )

  async function persist(): Promise<void> {
    if (!(await storage.askToPersist()))
      showToast('The browser did not agree. Installing the app on the home screen helps.')
  }
  function carryOut(todo: ReadinessTodo): void {
    switch (todo) {
      case 'check-app':
        return app.shell.check()
      case 'update':
        return update.apply()
      case 'connect':
        return connection.retryNow()
      case 'persist':
        return void persist()
      case 'fetch-packs':
        // What hinders one shows beside it.
        for (const { name } of packs.list()) void packs.fetch(name).catch(() => undefined)
        return
      case 'open-outbox':
        return
    }
  }

  return (
    <Page narrow>
      <PageTitle
        title="This device"
        words="What is on it, and how it stands with the server."
        actions={
          <ButtonLink href="/outbox" icon={<Send class="size-4" aria-hidden="true" />}>
            Outbox
          </ButtonLink>
        }
      />
      <div class="flex flex-col gap-4">
        <EffectsCard />
        <ReadinessCard checks={checks()} onTodo={carryOut} />
        <Show when={packs.list().length > 0}>
          <PacksCard
            packs={packs.list()}
            isOnline={isOnline()}
            pluginTitle={pluginTitle}
            fetch={packs.fetch}
            remove={packs.remove}
          />
        </Show>
        <CachedCard cached={kept.cached()} driftCount={kept.driftCount()} pluginTitle={pluginTitle} />
        <StorageCard
          storage={storage.facts()}
          isDurable={store.isDurable()}
          isSecure={window.isSecureContext}
          lostAt={store.lostAt()}
          askToPersist={storage.askToPersist}
        />
        <ConnectionCard lastContactAt={lastContactAt()} />
        <AppCard />
      </div>
    </Page>
  )
}
