import { describe, expect, test } from 'bun:test'
import { JobFailure } from '#plugin-api'
import { AddCount, DropEverything, KeepEverything, TakeCount } from '../../shared/actions.ts'
import { type CheckName, checkList } from '../../shared/check-list.ts'
import { Call, Crash, Fail, FailOnce, Hang, Negate, Note, WaitToBeCancelled } from '../../shared/jobs.ts'
import {
  AskMarks,
  AskSettings,
  AskUnload,
  AskWait,
  Carry,
  Echo,
  FetchRoute,
  KeepFile,
  Mark,
  NobodyListens,
  OnlyForWorkers,
  PutIntoQueue,
  Relay,
  Throw,
  UseRest,
  UseScreen,
  Wait,
} from '../../shared/rpcs.ts'
import { nothingLeft } from '../../shared/unload.ts'
import {
  absent,
  among,
  answered,
  answering,
  type Breakage,
  ending,
  failing,
  pushing,
} from '../../testing/break-platform.ts'
import { createPatience } from '../../testing/create-patience.ts'
import { createFakePlatform } from '../../testing/fake-platform.ts'
import { toRpc } from '../../testing/to-rpc.ts'
import { allChecks } from './all-checks.ts'
import type { CheckedPlatform } from './check.ts'

/** The checks over a platform in memory: green while it keeps its promises, red as soon as one is broken. */

type Case = readonly [how: string, breakage: Breakage, words: RegExp]

const parked = (words: string) => async (jobId: string) => {
  throw new JobFailure(jobId, 'parked', words)
}
const cancelledAs = (words: string) => async (jobId: string) => {
  throw new JobFailure(jobId, 'cancelled', words)
}
const accepted = async () => ({ outcome: 'accepted', position: '1' })
const line =
  (change: (seen: readonly string[]) => readonly string[]) => (output: { readonly [name: string]: unknown }) => ({
    seen: change(Array.isArray(output.seen) ? output.seen.map(String) : []),
  })
const seeing = (service: 'field' | 'office', from: string, to: string): Breakage =>
  answering(
    UseScreen[service].name,
    line((seen) => seen.map((each) => (each === from ? to : each))),
  )
const screenCases = (service: 'field' | 'office', from: string, to: string): readonly Case[] => [
  ['a screen sees something else', seeing(service, from, to), new RegExp(`wanted "${from}", found "${to}"`)],
  [
    'a screen sees less',
    answering(
      UseScreen[service].name,
      line((seen) => seen.slice(0, -1)),
    ),
    /found "nothing more"/,
  ],
  ['its service is away', failing(UseScreen[service].name, 'unavailable'), /unavailable/],
]
const lost: Case = ['actions have no effect', pushing(AddCount.name, accepted), /wanted \d+, found nothing|wanted \{/]
const withRows = (change: (platform: CheckedPlatform) => Partial<CheckedPlatform>): Breakage => {
  return (platform) => ({ ...platform, ...change(platform) })
}

const breakages: { readonly [N in CheckName]: readonly Case[] } = {
  'tuple.calls': [
    ['a field is lost', answering(Echo.worker.name, (output) => ({ ...output, maybe: null })), /to worker.*"maybe"/],
    ['a number is rounded', answering(Echo.agent.name, (output) => ({ ...output, real: 0.3 })), /to agent.*0\.3/],
    ['one of several changes it', among(Echo.agent.name, { whole: 1 }), /to agent "second"[\s\S]*"whole":1/],
    ['nobody is there', absent(Echo.worker.name), /worker: no instance answers/],
    ['another service answers', answering(Echo.field.name, (output) => ({ ...output, heardOn: 'office' })), /to field/],
  ],
  'tuple.log': [
    [
      'a text is changed on its way into the row',
      withRows(({ everything }) => ({
        everything: async (id) => {
          const row = await everything(id)
          return row && { ...row, words: row.words.trim().replace('\r', '') }
        },
      })),
      /the row: wanted/,
    ],
    ['the row does not go', pushing(DropEverything.name, accepted), /when it was dropped/],
    ['it is refused', pushing(KeepEverything.name, async () => ({ outcome: 'rejected' })), /wanted "accepted"/],
  ],
  'tuple.field-screen': screenCases('field', 'to agent and back: equal', 'to agent and back: sent 1, got 2'),
  'tuple.office-screen': screenCases('office', 'through the log and a read model: equal', 'then: no rows'),
  'action.accepted': [
    lost,
    ['it is refused', pushing(AddCount.name, async () => ({ outcome: 'rejected' })), /wanted "accepted"/],
  ],
  'action.refused': [
    ['nothing is refused', pushing(AddCount.name, accepted), /nothing-added/],
    [
      'a refused one has an effect',
      pushing(AddCount.name, async (platform, action, fields, id) => {
        if (fields.by === 0) await platform.push(action, { ...fields, by: 40 })
        return platform.push(action, fields, id)
      }),
      /wanted 3, found 43/,
    ],
  ],
  'action.duplicated': [
    [
      'the repeat counts',
      pushing(AddCount.name, (platform, action, fields) => platform.push(action, fields)),
      /second/,
    ],
    [
      'the repeat counts under the same answer',
      pushing(AddCount.name, async (platform, action, fields, id) => {
        await platform.push(action, fields)
        return platform.push(action, fields, id)
      }),
      /wanted 27/,
    ],
  ],
  'action.changed': [
    [
      'nobody says that it was changed',
      pushing(TakeCount.name, async (platform, ...pushed) => {
        const { changed: _, ...answer } = await platform.push(...pushed)
        return answer
      }),
      /Only 5 were there/,
    ],
    [
      'the repeat is told something else',
      pushing(TakeCount.name, async (platform, action, fields) => platform.push(action, fields)),
      /the answer to its repeat/,
    ],
  ],
  'action.field-screen': screenCases('field', 'counted: 112', 'counted: 119'),
  'action.office-screen': screenCases('office', 'duplicated: the same answer', 'duplicated: another one'),
  'observation.field': screenCases('field', 'resumed: 7', 'resumed: 3'),
  'observation.office': screenCases('office', 'came after unsubscribing: 0', 'came after unsubscribing: 1'),
  'rpc.from-logic': [['one is away', failing(Echo.agent.name, 'unavailable'), /from logic to agent: unavailable/]],
  'rpc.from-field': [['its way is cut', failing(Relay.field.name, 'timeout'), /from field to logic: timeout/]],
  'rpc.from-office': [
    ['another one answers', answering(Relay.office.name, (output) => ({ ...output, heardOn: 'logic' })), /to field/],
  ],
  'rpc.from-agent': [['its way is cut', failing(Relay.agent.name, 'unknown-callee'), /unknown-callee/]],
  'rpc.from-worker': [['its way is cut', failing(Relay.worker.name, 'too-many'), /too-many/]],
  'rpc.large': [
    ['a piece is lost', answering(Carry.name, () => ({ pieces: [] })), /number of pieces/],
    [
      'a piece is changed',
      answering(Carry.name, ({ pieces }) => ({ pieces: Array.isArray(pieces) ? pieces.toReversed() : [] })),
      /piece 0 came back changed/,
    ],
    ['it is too large', failing(Carry.name, 'too-large'), /too-large/],
  ],
  'rpc.late': [
    ['it is answered', answered(Wait.name), /it was answered/],
    ['it fails otherwise', failing(Wait.name, 'unavailable'), /wanted the failure "timeout", found "unavailable"/],
    ['nobody tells the far side', answering(AskWait.name, () => ({ state: 'waiting' })), /wanted "given-up"/],
  ],
  'rpc.cancelled': [
    ['it is answered', answered(Wait.name), /it was answered/],
    [
      'nobody tells the far side',
      answering(AskWait.name, ({ state }) => ({ state: state === 'given-up' ? 'waiting' : state })),
      /wanted "given-up"/,
    ],
  ],
  'rpc.ordered': [
    [
      'one overtakes',
      answering(AskMarks.name, ({ numbers }) => ({ numbers: Array.isArray(numbers) ? numbers.toReversed() : [] })),
      /the order/,
    ],
    ['they are lost', answered(Mark.name), /the order.*wanted \[\[0,1,2/],
    ['two share them', among(AskMarks.name, { numbers: [9] }), /the order.*\[9\]\]/],
  ],
  'rpc.thrown': [
    ['it is answered', answered(Throw.name), /it was answered/],
    ['its words are lost', failing(Throw.name, 'failed'), /the words of the failure/],
  ],
  'rpc.bad-input': [
    ['it is taken', answered(Echo.agent.name), /it was answered/],
    ['the field is not named', failing(Echo.agent.name, 'bad-input'), /wanted the field "whole"/],
  ],
  'rpc.wrong-caller': [
    ['everybody is accepted', answered(OnlyForWorkers.name), /it was answered/],
    ['it is found missing instead', failing(OnlyForWorkers.name, 'unknown-callee'), /found "unknown-callee"/],
  ],
  'rpc.unknown-callee': [
    ['it is answered', answered(NobodyListens.name), /it was answered/],
    ['it is a timeout', failing(NobodyListens.name, 'timeout'), /found "timeout"/],
  ],
  'job.done': [
    ['its output is wrong', ending(Negate.name, async () => ({ negated: 24 })), /the output/],
    [
      'a key is forgotten',
      (platform) => ({
        ...platform,
        jobs: { ...platform.jobs, submit: (job, input) => platform.jobs.submit(job, input) },
      }),
      /the same key/,
    ],
  ],
  'job.tried-again': [
    ['it is parked at once', ending(FailOnce.name, parked('the first try does not go well')), /does not go well/],
    ['its first try counts as good', ending(FailOnce.name, async () => ({ tryNumber: 1 })), /wanted \{"tryNumber":2/],
  ],
  'job.failing': [
    ['it is done', ending(Fail.name, async () => ({})), /wanted "parked", found the output/],
    ['its error is lost', ending(Fail.name, parked('something')), /found "something"/],
  ],
  'job.hanging': [
    ['it is done', ending(Hang.name, async () => ({})), /wanted "parked", found the output/],
    ['its error is lost', ending(Hang.name, parked('some time later')), /found "some time later"/],
  ],
  'job.crashing': [
    ['it is cancelled', ending(Crash.name, cancelledAs('ended')), /wanted "parked", found "cancelled"/],
    ['its exit code is lost', ending(Crash.name, parked('ended on the 7th')), /found "ended on the 7th"/],
  ],
  'job.cancelled': [
    ['it goes on', ending(WaitToBeCancelled.name, async () => ({})), /found the output/],
    ['the reason is lost', ending(WaitToBeCancelled.name, cancelledAs('no reason')), /found "no reason"/],
  ],
  'job.calling': [
    ['it hears nobody', ending(Call.name, async () => ({ one: '', all: ['unknown-callee'] })), /unknown-callee/],
    ['its call fails', ending(Call.name, parked('no answer')), /no answer/],
  ],
  'reactor.once': [
    [
      'it reacts twice',
      withRows(({ counter }) => ({
        counter: async (id) => {
          const row = await counter(id)
          return row && { ...row, reactions: row.reactions * 2 }
        },
      })),
      /"reactions":2/,
    ],
    [
      'it never reacts',
      withRows(({ counter }) => ({
        counter: async (id) => {
          const row = await counter(id)
          return row && { ...row, reactions: 0 }
        },
      })),
      /"reactions":0/,
    ],
  ],
  'migration.schema': [
    [
      'the table stands in another schema',
      withRows(() => ({ keepNote: async (_, words) => ({ schema: 'public', words }) })),
      /"public"/,
    ],
    [
      'the note is not there',
      withRows(() => ({ keepNote: async () => ({ schema: 'pl_noop', words: '' }) })),
      /the note/,
    ],
  ],
  'migration.job': [
    [
      'it writes elsewhere',
      ending(Note.name, async () => ({ schema: 'public', words: '' })),
      /wanted.*"pl_noop".*"public"/,
    ],
    ['it may not', ending(Note.name, parked('permission denied')), /permission denied/],
  ],
  'files.own-folder': [
    ['a file is empty', answering(KeepFile.office.name, (output) => ({ ...output, found: '' })), /on office/],
    ['a file stays', answering(KeepFile.agent.name, (output) => ({ ...output, isGone: false })), /on agent/],
  ],
  'settings.everywhere': [
    ['one service has an old one', answering(AskSettings.worker.name, () => ({ mark: 'old' })), /on worker/],
    ['one of several has an old one', among(AskSettings.worker.name, { mark: 'old' }), /on worker.*found "old"/],
    ['nobody changed any', (platform) => ({ ...platform, mark: '' }), /no setting was changed for the run/],
  ],
  'route.every-site': [
    ['the admin site lets anybody in', answering(FetchRoute.logic.name, () => ({ status: 200, body: '' })), /401/],
    ['a route is not there', answering(FetchRoute.worker.name, () => ({ status: 404, body: '' })), /wanted 200/],
    [
      'another one answers',
      answering(FetchRoute.agent.name, () => ({ status: 200, body: '{}' })),
      /the answer on agent/,
    ],
  ],
  'queue.once': [
    ['nothing is delivered', answered(PutIntoQueue.name), /actions on the disk/],
    [
      'one is delivered twice',
      (platform) => ({
        ...platform,
        rpc: toRpc(async (rpc, input, options) => {
          if (rpc.name === PutIntoQueue.name) await platform.rpc.call(rpc, input, options)
          return platform.rpc.call(rpc, input, options)
        }),
      }),
      /wanted 31, found 62/,
    ],
  ],
  'unload.every-part': [
    [
      'nothing was unloaded',
      answering(AskUnload.office.name, () => ({ seen: [] })),
      /office "here": its process began after/,
    ],
    ...nothingLeft.map((line, index): Case => {
      const seen = nothingLeft.map((each, at) => (at === index ? `${each}, or not` : each))
      const words = new RegExp(`on agent "second": wanted "${line}"`)
      return [`a part leaves something: ${line}`, among(AskUnload.agent.name, { seen }), words]
    }),
  ],
  'rest.own-site': [
    [
      'a wrong key is taken',
      answering(
        UseRest.name,
        line((seen) => seen.map((each) => each.replace('a wrong key: 401', 'a wrong key: 200'))),
      ),
      /found "with a wrong key: 200"/,
    ],
    ['nobody gave a key', (platform) => ({ ...platform, key: '' }), /no key came with the run/],
  ],
}

async function outcomeOf(name: string, breakage: Breakage): Promise<string> {
  const check = allChecks.find((each) => each.name === name)
  const patience = createPatience()
  try {
    await check?.run(breakage(createFakePlatform(patience.signal)))
    return 'green'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    patience.end()
  }
}

test('the list names every check once, in the order they run', () => {
  expect(allChecks.map(({ name }) => name).toSorted()).toEqual(checkList.map(({ name }) => name).toSorted())
})

describe('green on a platform that keeps its promises', () => {
  test.each(checkList.map(({ name }) => [name]))('%s', async (name) => {
    const check = allChecks.find((each) => each.name === name)
    await check?.run(createFakePlatform(new AbortController().signal))
    expect(check?.name).toBe(name)
  })
})

describe('red, with the reason, when it is broken', () => {
  const cases = Object.entries(breakages).flatMap(([name, all]) => all.map((one) => [name, ...one] as const))
  test.each(cases)('%s: %s', async (name, _how, breakage, words) => {
    expect(await outcomeOf(name, breakage)).toMatch(words)
  })
})
