import type { OutboxRecord } from '../device-store/outbox-record.ts'

/** An action on a device, for tests of what shows it. */
export function anOutboxRecord(seq: number, change: Partial<OutboxRecord> = {}): OutboxRecord {
  return {
    seq,
    id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`,
    name: 'tutorial.AddIntValue',
    version: 1,
    body: '{"id":"5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001","by":1}',
    lane: 'tutorial.StringInt-1',
    dependsOn: [],
    entityId: '1',
    title: `Add ${seq}`,
    at: 1_780_297_200_000 + seq,
    build: 'one',
    user: 'ada',
    state: 'waiting',
    attempts: 0,
    ...change,
  }
}
