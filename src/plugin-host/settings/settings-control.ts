import type { Json, JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { FieldDescription } from '#vortex/protocol/describe-field.ts'
import type { FieldFaults } from './check-settings.ts'

/** The settings of one plugin, for a form: what may be set, and what is. */
export type PluginSettings = {
  readonly plugin: string
  readonly title: string
  readonly fields: readonly SettingField[]
  /** How often they were changed; what an edit is based on. */
  readonly revision: number
  readonly changed: Change | null
}
export type SettingField = FieldDescription & {
  readonly name: string
  /** What it is for. */
  readonly help: string
  readonly value: Json
  readonly default: Json
}

export type Change = { readonly by: string; readonly at: number }
/** Which fields one change changed, with what they were and what they became. */
export type SettingsChange = Change & {
  readonly revision: number
  readonly fields: readonly { readonly name: string; readonly from: Json; readonly to: Json }[]
}

export type SettingsEdit = {
  readonly values: JsonObject
  /** The revision that was seen. */
  readonly revision: number
  readonly user: string
}

/** What an administrator may do about settings. */
export interface SettingsControl {
  /** Of every plugin that has any. */
  list(): readonly PluginSettings[]
  /** Throws `not-found`. */
  get(plugin: string): PluginSettings
  /** Newest first. */
  history(plugin: string, countMax: number): Promise<readonly SettingsChange[]>
  /**
   * Recorded when it resolves, and in effect on this service; on the others a moment later. Rejects with `SettingsRefused`,
   * with `revision-conflict` when somebody else changed them since, `not-found` or `unavailable`.
   */
  change(plugin: string, edit: SettingsEdit): Promise<PluginSettings>
}

/** Values that do not fit, by field. */
export class SettingsRefused extends PlatformError {
  readonly faults: FieldFaults
  constructor(plugin: string, faults: FieldFaults) {
    const words = Object.entries(faults).map(([name, fault]) => `${name} ${fault}`)
    super('bad-input', `The settings of "${plugin}" do not fit: ${words.join('; ')}.`)
    this.faults = faults
  }
}
