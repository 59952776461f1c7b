/** The catch-up subscriptions that are open now: who listens to what, and how far each has come. */
export type SubscriptionPlace =
  /** `$all`: a position in the log. */
  | { readonly kind: 'all'; position: number }
  /** One stream: a revision, -1 before the first. */
  | { readonly kind: 'stream'; readonly streamName: string; revision: number }

export type OpenSubscription = {
  readonly id: string
  /** Moved on by the subscription itself, a page at a time. */
  readonly place: SubscriptionPlace
  /** In words; empty without one. */
  readonly filter: string
  readonly peer: string
  readonly since: number
}

export class OpenSubscriptions {
  private readonly open = new Set<OpenSubscription>()

  get count(): number {
    return this.open.size
  }

  /** The returned function is called when the subscription is over. */
  add(subscription: OpenSubscription): () => void {
    this.open.add(subscription)
    return () => void this.open.delete(subscription)
  }

  /** The oldest first, at most `countMax`. */
  list(countMax: number): readonly OpenSubscription[] {
    return [...this.open.values().take(countMax)]
  }
}
