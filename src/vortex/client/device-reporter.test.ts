import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import type { DeviceReport } from '../protocol/up.ts'
import { createDeviceReporter } from './device-reporter.ts'

const figures = (announced: number) => ({ announced, acked: 0, unsent: announced, attention: 0, build: 'b', cached: 0 })

function setUp() {
  const clock = createFakeClock(0)
  const told: number[] = []
  const send = ({ announced }: DeviceReport) => told.push(announced) > 0
  return { clock, told, reporter: createDeviceReporter({ clock, send }) }
}

test('a device tells the newest figures, and not every one of many', () => {
  const { clock, told, reporter } = setUp()
  reporter.onOnline(4)
  for (let announced = 1; announced <= 5; announced++) reporter.report(figures(announced))
  expect(told).toEqual([1])
  clock.advance(2_000)
  expect(told).toEqual([1, 5])
  clock.advance(60_000)
  expect(told).toEqual([1, 5])
})

test('what was told last is told again after a reconnect, whatever was said meanwhile', () => {
  const { told, reporter } = setUp()
  reporter.report(figures(1))
  expect(told).toEqual([])
  reporter.onOnline(4)
  reporter.onOffline()
  reporter.report(figures(2))
  reporter.onOnline(4)
  expect(told).toEqual([1, 2])
})

test('V1 a service that does not know of outboxes is told nothing', () => {
  const { clock, told, reporter } = setUp()
  reporter.onOnline(3)
  reporter.report(figures(1))
  clock.advance(60_000)
  expect(told).toEqual([])
})

test('nothing is told once it is closed', () => {
  const { clock, told, reporter } = setUp()
  reporter.onOnline(4)
  reporter.report(figures(1))
  reporter.report(figures(2))
  reporter.close()
  clock.advance(60_000)
  expect(told).toEqual([1])
})
