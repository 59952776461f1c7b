import type { JSX } from 'solid-js'
import { makeUuid, useRpc } from '#web/sdk'
import { FetchRoute } from '../../shared/rpcs.ts'
import { onEach } from '../../shared/services.ts'
import { AskEachPage } from './ask-each.tsx'

export function Screen(): JSX.Element {
  const fetching = onEach((service) => useRpc(FetchRoute[service]))
  return (
    <AskEachPage
      title="Routes"
      words="Each service fetches the plugin’s route from its own site. The one on logic is for administrators: 401 is right."
      ask={async (service) => {
        const { status, body } = await fetching[service].call({ token: makeUuid() })
        return `${status}: ${body}`
      }}
    />
  )
}
