import type { JSX } from 'solid-js'
import { useRpc } from '#web/sdk'
import { AskSettings } from '../../shared/rpcs.ts'
import { onEach } from '../../shared/services.ts'
import { AskEachPage } from './ask-each.tsx'

export function Screen(): JSX.Element {
  const asking = onEach((service) => useRpc(AskSettings[service]))
  return (
    <AskEachPage
      title="Settings"
      words="What each part sees of the plugin’s setting. An administrator changes it on the page Settings of the admin app."
      ask={async (service) => {
        const { mark, changeCount } = await asking[service].call({})
        return `mark is "${mark}", changed ${changeCount} times since the part started`
      }}
    />
  )
}
