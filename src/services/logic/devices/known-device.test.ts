import { expect, test } from 'bun:test'
import type { ReportedDevice, ToldByDevice } from '#vortex/protocol/devices-report.ts'
import { acknowledgedSeqOf, isForgettable, type KnownDevice, leftOn, mergeReport } from './known-device.ts'

const device = '00000000-0000-4000-8000-000000000001'
const storageId = '00000000-0000-4000-8000-00000000000a'
const otherStorageId = '00000000-0000-4000-8000-00000000000b'

const tell = (at: number, change: Partial<ToldByDevice> = {}): ToldByDevice => ({
  ...{ at, storageId, endedSeq: 0, unsentCount: 0, attentionCount: 0, cachedCount: 0 },
  ...{ storageUsedBytes: null, storageQuotaBytes: null, clockOffsetMs: null },
  ...change,
})
const report = (change: Partial<ReportedDevice> & { readonly until?: number } = {}): ReportedDevice => {
  const { until = 100, ...rest } = change
  const contact = { id: device, address: '::1', from: 50, until, isOpen: true }
  return {
    ...{ device, app: 'field', user: 'guest', build: '1.0.0', protocol: 4, announcedSeq: 0, answeredSeq: 0 },
    told: null,
    contacts: [contact],
    ...rest,
  }
}
const after = (...reports: readonly ReportedDevice[]): KnownDevice => {
  const [first = report(), ...more] = reports
  return more.reduce<KnownDevice>(mergeReport, mergeReport(undefined, first))
}

test('reports that come late, twice or in another order lead to the same', () => {
  const reports = [
    report({ until: 100, announcedSeq: 3, told: tell(90, { unsentCount: 3 }) }),
    report({ until: 200, announcedSeq: 7, answeredSeq: 4, told: tell(150, { unsentCount: 3, endedSeq: 4 }) }),
    report({ until: 300, announcedSeq: 7, answeredSeq: 7, told: tell(250, { unsentCount: 0, endedSeq: 7 }) }),
  ] as const
  const [one, two, three] = reports
  const wanted = after(one, two, three)
  for (const order of [
    [three, two, one],
    [two, three, one],
    [one, one, two, two, three, three],
  ])
    expect(after(...order)).toEqual(wanted)
  expect(wanted).toMatchObject({ announcedSeq: 7, answeredSeq: 7, unsentSince: null, firstContactAt: 50 })
})

test('a gap between what is announced and what has an end says that something is still on the device', () => {
  const known = after(report({ announcedSeq: 9, answeredSeq: 4 }))
  expect([leftOn(known), acknowledgedSeqOf(known)]).toEqual([5, 4])
  expect(leftOn(after(report({ announcedSeq: 9, told: tell(90, { endedSeq: 9 }) })))).toBe(0)
  expect(leftOn(after(report({ announcedSeq: 9, answeredSeq: 9, told: tell(90, { unsentCount: 1 }) })))).toBe(1)
})

test('since when something waits there is kept until nothing does', () => {
  const waits = after(report({ told: tell(90, { unsentCount: 1 }) }), report({ told: tell(95, { unsentCount: 4 }) }))
  expect(waits.unsentSince).toBe(90)
  expect(mergeReport(waits, report({ told: tell(99) })).unsentSince).toBeNull()
})

test('a device whose browser took its storage away counts anew, and what was not sent is known to be lost', () => {
  const before = report({ announcedSeq: 9, answeredSeq: 6, told: tell(90, { unsentCount: 3, endedSeq: 6 }) })
  const anew = report({ announcedSeq: 1, told: tell(200, { storageId: otherStorageId, unsentCount: 1 }) })
  expect(after(before, anew)).toMatchObject({
    ...{ announcedSeq: 1, answeredSeq: 0, endedSeq: 0, unsentCount: 1, unsentSince: 200 },
    ...{ storageLostAt: 200, lostCount: 3, storageId: otherStorageId },
  })
  // A service that held it before says late what it knew.
  expect(after(before, anew, before)).toMatchObject({ announcedSeq: 1, answeredSeq: 0, lostCount: 3 })
})

test('a device that had nothing to lose lost nothing', () => {
  const before = report({ announcedSeq: 9, answeredSeq: 9, told: tell(90, { endedSeq: 9 }) })
  const anew = report({ told: tell(200, { storageId: otherStorageId }) })
  expect(after(before, anew)).toMatchObject({ announcedSeq: 0, storageLostAt: null, lostCount: 0 })
})

test('one that was silent for a year is forgotten, unless something is on it', () => {
  const year = 366 * 24 * 60 * 60 * 1_000
  expect(isForgettable(after(report()), year)).toBe(true)
  expect(isForgettable(after(report()), year / 2)).toBe(false)
  expect(isForgettable(after(report({ told: tell(90, { unsentCount: 1 }) })), year)).toBe(false)
  expect(isForgettable(after(report({ announcedSeq: 1 })), year)).toBe(false)
})
