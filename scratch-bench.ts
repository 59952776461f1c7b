import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import { runRebuild } from '#projection/rebuild/run-rebuild.ts'
import { createRebuildProver } from '#projection/rebuild/proof/create-rebuild-prover.ts'
import { createTrustingProver, createBlindFinder } from '#projection/rebuild/testing/quiet-rebuild.ts'
import { counterModel } from '#testing/counter-model.ts'
import { AddToCounter } from '#testing/counter.ts'
import { defineProjection } from '#projection/define-projection.ts'
import { migratedDatabase } from '#support/migrated-database.ts'
import { readFileSync, readdirSync } from 'node:fs'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
const counters = defineProjection({ version: 1, model: counterModel, on: (on) => [
  on(AddToCounter, ({ data }, { counters }) => { counters.upsert(data.counterId, (row) => ({ id: data.counterId, sum: (row?.sum ?? 0) + data.amount, note: data.note })) })] })
const child = Bun.spawn([process.execPath,'src/event-store-server/main.ts','--file','/tmp/build/events.db','--port','0','--durability','full'],{stdout:'pipe',stderr:'ignore'})
const r = child.stdout.getReader(); const line = JSON.parse(new TextDecoder().decode((await r.read()).value))
const store = await openKurrentEventStore({ connectionString: line.connectionString, log: silentLog, clock: systemClock, random: Math.random })
const fresh = await migratedDatabase(6)
const cpu = () => Object.fromEntries(readdirSync(`/proc/self/task`).map(t => [t, Number(readFileSync(`/proc/self/task/${t}/schedstat`,'utf8').split(' ')[0])/1000]))
const proverKind = Bun.argv[2] ?? 'none'
const client = KurrentDBClient.connectionString`${line.connectionString}`
for (let k = 0; k < 3; k++) {
  { const t0 = performance.now(); let n = 0; for await (const e of client.readAll({ filter: { filterOn: 'eventType', prefixes: ['test.'] } })) n++; console.log('bare', (n / (performance.now() - t0) * 1000).toFixed(0)) }
  await fresh.sql.unsafe(`drop schema if exists "${counterModel.schemaName}__next" cascade`)
  const c0 = cpu(); const t0 = performance.now(); let events = 0
  const closed = Promise.withResolvers<void>()
  const marks: string[] = []; let phase = ''
  const definition = counters
  const run = runRebuild({ begin: { kind: 'begin', rebuildId: 'r', rebuildKind: 'rebuild', projection: 'test.counters', toVersion: 1, shadowSchema: counterModel.schemaName + '__next', liveSchema: counterModel.schemaName, epoch: 1, phase: 'queued', asksFirst: false, rateMax: null, isPaused: false },
    code: { definition, upcast: upcastEvent }, store, sql: fresh.sql, prover: proverKind === 'real' ? createRebuildProver({ definition, shadowSchema: counterModel.schemaName + '__next', sql: fresh.sql, log: silentLog }) : createTrustingProver(), differences: createBlindFinder(), clock: systemClock, random: Math.random, log: silentLog,
    say: (m) => { if (m.kind === 'progress') { events = m.eventCount; if (m.phase !== phase) { phase = m.phase; marks.push(`${phase}@${(performance.now() - t0).toFixed(0)}`) } } if (m.kind === 'failed') { console.log(m); closed.resolve() } if (m.kind === 'close') closed.resolve() } })
  await closed.promise
  const s = performance.now() - t0; const c1 = cpu()
  run.hear({ kind: 'stop' }); await run.finished.catch(() => 0)
  console.log('rebuild', (events / s * 1000).toFixed(0), events, marks.join(' '), Object.entries(c1).map(([t, v]) => [(t === String(process.pid) ? 'MAIN' : t), ((v - (c0[t] ?? 0)) / events)] as const).filter(([, v]) => v > 0.1).map(([t, v]) => `${t}:${v.toFixed(2)}`).join(' '), 'rss', (process.memoryUsage.rss()/1e6).toFixed(0))
}
await client.dispose(); await store.close(); child.kill('SIGTERM'); await child.exited; await fresh[Symbol.asyncDispose](); process.exit(0)
