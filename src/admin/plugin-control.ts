export type EnabledPlugin = {
  readonly id: string
  readonly title: string
  readonly version: string
  /** Ids of the plugins that it needs; they restart it with them. */
  readonly requires: readonly string[]
}

/** What an administrator may do about plugins as a whole. */
export interface PluginControl {
  /** Those that are enabled. */
  list(): readonly EnabledPlugin[]
  /**
   * Ends the plugin's parts on every service and starts them again, those that require them too. Resolves when it is recorded
   * and has begun: how the parts are is told by the status reports. Rejects with `not-found` or `unavailable`.
   */
  restart(plugin: string, why: { readonly user: string; readonly reason: string }): Promise<void>
}
