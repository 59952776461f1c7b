/** What `up` tells about its parts: one object a line with --json, and the source of the console otherwise. */
import type { ServiceRole } from '#config/options/role-options.ts'

export type PartName = 'event-store' | 'postgres' | ServiceRole

export type SupervisorEvent =
  | { readonly event: 'ready'; readonly service: PartName; readonly url: string; readonly pid: number | null }
  | {
      readonly event: 'down'
      readonly service: PartName
      readonly code: number | string | null
      readonly restartInMs: number
      readonly words: string
    }
  /** It was asked to end, and starts again at once. */
  | { readonly event: 'restarting'; readonly service: PartName; readonly words: string }
  | { readonly event: 'note'; readonly words: string }
  | { readonly event: 'up'; readonly seconds: number }
  | { readonly event: 'stopping' }
  | { readonly event: 'stopped'; readonly service: PartName }
