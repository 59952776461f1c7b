import type { JSX } from 'solid-js'
import { makeUuid, useRpc } from '#web/sdk'
import { KeepFile } from '../../shared/rpcs.ts'
import { onEach } from '../../shared/services.ts'
import { AskEachPage } from './ask-each.tsx'

export function Screen(): JSX.Element {
  const keep = onEach((service) => useRpc(KeepFile[service]))
  return (
    <AskEachPage
      title="Files"
      words="Each part writes a file into the plugin’s folder on its machine, reads it, and takes it away again."
      ask={async (service) => {
        const words = `written at ${new Date().toISOString()}`
        const { found, isGone } = await keep[service].call({ name: makeUuid(), words })
        return `${found === words ? 'read as it was written' : `read "${found}"`}, ${isGone ? 'and taken away' : 'and still there'}`
      }}
    />
  )
}
