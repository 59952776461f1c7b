/** Asks about the past until its answer is there, and says meanwhile how far it is. */
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { createProgressLine } from './event-store-output.ts'

export async function askPast(admin: AdminClient, path: string, isJson: boolean): Promise<JsonObject> {
  const progress = createProgressLine('preparing the past', isJson)
  try {
    // Each question waits at the server for a moment before it says how far it is.
    for (;;) {
      const answer = await admin.request('GET', path)
      if (!isJsonObject(answer)) throw strange()
      if (answer.state === 'ready' && isJsonObject(answer.value)) return answer.value
      if (answer.state !== 'preparing') throw strange()
      const seconds = typeof answer.etaSeconds === 'number' ? `, about ${Math.ceil(answer.etaSeconds)} s to go` : ''
      progress.show(Number(answer.share), `of ${String(answer.projection)}${seconds}`)
    }
  } finally {
    progress.end()
  }
}

function strange(): PlatformError {
  return new PlatformError('unavailable', 'The server answered something that this command does not understand.')
}
