import type { JSX } from 'solid-js'
import { useRpc } from '#web/sdk'
import { AskUnload } from '../../shared/rpcs.ts'
import { onEach } from '../../shared/services.ts'
import { nothingLeft } from '../../shared/unload.ts'
import { AskEachPage } from './ask-each.tsx'

export function Screen(): JSX.Element {
  const asking = onEach((service) => useRpc(AskUnload[service]))
  return (
    <AskEachPage
      title="Unloading"
      words="What each part saw of the one that ran in its process before it. An administrator’s “Run all” ends all parts and starts them again."
      ask={async (service) => {
        const { seen } = await asking[service].call({})
        if (seen.length === 0) return 'No part of the plugin ended in this process yet.'
        const left = seen.filter((line, index) => line !== nothingLeft[index])
        return left.length === 0 ? `Nothing was left behind: ${seen.join('; ')}.` : `Left behind: ${left.join('; ')}.`
      }}
    />
  )
}
