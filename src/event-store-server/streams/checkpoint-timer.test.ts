import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { CheckpointNeed } from '../storage/storage.ts'
import { CheckpointTimer } from './checkpoint-timer.ts'

class CountingStorage extends SqliteStorage {
  bytes = 0
  checkpoints = 0
  isFull = false
  pieceBytes = Number.POSITIVE_INFINITY

  override get checkpointNeed(): CheckpointNeed {
    return this.bytes > 64_000_000 ? 'overdue' : this.bytes > 1_000_000 ? 'worthwhile' : 'none'
  }

  override checkpoint(): void {
    if (this.isFull) throw new Error('The disk is full.')
    this.checkpoints++
    this.bytes = Math.max(0, this.bytes - this.pieceBytes)
  }
}

function start() {
  const clock = createFakeClock()
  const storage = new CountingStorage({ file: ':memory:' })
  const timer = new CheckpointTimer({ storage, clock, log: silentLog })
  const commit = (bytes: number) => {
    storage.bytes += bytes
    timer.afterCommit()
  }
  return { clock, storage, commit, timer }
}

describe('the checkpoint timer', () => {
  test('waits for an idle moment, however long appends go on', () => {
    const { clock, storage, commit } = start()
    for (let round = 0; round < 20; round++) {
      commit(2_000_000)
      clock.advance(30)
    }
    expect(storage.checkpoints).toBe(0)
    clock.advance(200)
    expect(storage.checkpoints).toBe(1)
  })

  test('leaves a small log alone', () => {
    const { clock, storage, commit } = start()
    commit(1_000)
    clock.advance(10_000)
    expect(storage.checkpoints).toBe(0)
  })

  test('does not wait for ever: a large log is taken in between', () => {
    const { clock, storage, commit } = start()
    for (let round = 0; round < 40; round++) {
      commit(4_000_000)
      clock.advance(1)
      commit(1_000)
      clock.advance(30)
    }
    expect(storage.checkpoints).toBeGreaterThan(0)
  })

  test('takes a checkpoint piece by piece, without waiting for an append in between', () => {
    const { clock, storage, commit } = start()
    storage.pieceBytes = 1_000_000
    commit(5_500_000)
    clock.advance(10_000)
    expect(storage.checkpoints).toBe(5)
  })

  test('tries a failed checkpoint again without waiting for an append', () => {
    const { clock, storage, commit } = start()
    storage.isFull = true
    commit(2_000_000)
    clock.advance(20_000)
    expect(storage.checkpoints).toBe(0)
    storage.isFull = false
    clock.advance(20_000)
    expect(storage.checkpoints).toBe(1)
  })

  test('does nothing after it was stopped', () => {
    const { clock, storage, commit, timer } = start()
    commit(2_000_000)
    timer.stop()
    clock.advance(10_000)
    expect(storage.checkpoints).toBe(0)
  })
})
