import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import { callerKinds } from '#vortex/protocol/call.ts'
import { type Parsed, parseWith } from '#vortex/protocol/parse.ts'
import { shortText } from '#vortex/protocol/principal.ts'

/** What a service tells logic that its parts listen to: after the greeting, and whenever that changes. */
export const announceCallsName = 'peek.calls'

const announcementSchema = v.strictObject({
  /** Parts are still being loaded or started: more may come. */
  isStarting: v.boolean(),
  calls: v.pipe(
    v.array(
      v.strictObject({
        name: shortText,
        acceptsFrom: v.pipe(v.array(v.picklist(callerKinds)), v.maxLength(callerKinds.length)),
        ordered: v.boolean(),
      }),
    ),
    v.maxLength(5_000),
  ),
})
export type Announcement = v.InferOutput<typeof announcementSchema>

export function parseAnnouncement(body: string): Parsed<Announcement> {
  return parseWith(announcementSchema, tryParseJson(body))
}
