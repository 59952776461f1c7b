import { isUnsent, needsAttention, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'

/** The lists of the outbox page. What is stuck is in two of them: it was not sent, and somebody is needed. */
export const outboxSections = ['unsent', 'attention', 'history'] as const
export type OutboxSection = (typeof outboxSections)[number]

const holds: Readonly<Record<OutboxSection, (record: OutboxRecord) => boolean>> = {
  unsent: isUnsent,
  attention: needsAttention,
  history: (record) => !isUnsent(record),
}

/** Of records in the order pushed: what waits in the order it goes, the rest the latest first. */
export function inSection(records: readonly OutboxRecord[], section: OutboxSection): readonly OutboxRecord[] {
  const found = records.filter(holds[section])
  return section === 'unsent' ? found : found.reverse()
}

/** The list an address asks for; else the first that somebody should look at. */
export function sectionOf(asked: unknown, attentionCount: number): OutboxSection {
  return outboxSections.find((section) => section === asked) ?? (attentionCount > 0 ? 'attention' : 'unsent')
}

/** Of pages of history and what has ended since they were read: each once, as it is now, the latest pushed first. */
export function mergeHistory(
  pages: readonly OutboxRecord[],
  current: readonly OutboxRecord[],
): readonly OutboxRecord[] {
  const byId = new Map([...pages, ...current].map((record) => [record.id, record]))
  return [...byId.values()].filter(holds.history).sort((a, b) => b.seq - a.seq)
}
