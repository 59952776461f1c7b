/** Links: events of type `$>` whose data name another event, `revision@stream`; resolved for readers who ask. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { collect, facts, positionOf, watch } from '../case-tools.ts'
import { type CaseContext, conformanceCases } from '../conformance-case.ts'
import type { ProposedEvent, ResolvedEvent } from '../conformance-client.ts'

export function linkTo(text: string): ProposedEvent {
  return {
    id: randomUUID(),
    type: '$>',
    contentType: 'application/octet-stream',
    data: new TextEncoder().encode(text),
    metadata: undefined,
  }
}

async function makeLinks(context: CaseContext, texts: (target: string) => string[]) {
  const target = context.newStream()
  const links = context.newStream('links')
  await context.client.append(target, facts(3))
  const written = await context.client.append(links, texts(target).map(linkTo))
  return { target, links, position: positionOf(written) }
}

const seen = ({ event, link }: ResolvedEvent) => ({
  event: event && `${event.type} ${event.revision}@${event.streamId}`,
  link: link && `${link.type} ${link.revision}@${link.streamId}`,
})

export const linkCases = conformanceCases('A link', {
  'is itself for readers who do not ask for more': async (context) => {
    const { target, links } = await makeLinks(context, (name) => [`1@${name}`])
    const [read] = await collect(context.client.calls.readStream(links))
    assert.ok(read?.event)
    assert.deepEqual(seen(read), { event: `$> 0@${links}`, link: undefined })
    assert.ok(read.event.data instanceof Uint8Array)
    assert.equal(new TextDecoder().decode(read.event.data), `1@${target}`)
  },

  'is shown beside its target for readers who ask, both ways': async (context) => {
    const { target, links } = await makeLinks(context, (name) => [`2@${name}`, `0@${name}`])
    const resolved = await collect(context.client.calls.readStream(links, { resolveLinkTos: true }))
    const expected = [
      { event: `Ordered 2@${target}`, link: `$> 0@${links}` },
      { event: `Ordered 0@${target}`, link: `$> 1@${links}` },
    ]
    assert.deepEqual(resolved.map(seen), expected)
    const backwards = { direction: 'backwards', fromRevision: 'end', resolveLinkTos: true } as const
    assert.deepEqual((await collect(context.client.calls.readStream(links, backwards))).map(seen), expected.reverse())
  },

  'leaves other events as they are': async (context) => {
    const { target } = await makeLinks(context, (name) => [`0@${name}`])
    const [first] = await collect(context.client.calls.readStream(target, { resolveLinkTos: true, maxCount: 1 }))
    assert.ok(first)
    assert.deepEqual(seen(first), { event: `Ordered 0@${target}`, link: undefined })
  },

  'to what is not there is shown alone': async (context) => {
    const { links } = await makeLinks(context, (name) => [`9@${name}`, `0@${context.newStream()}`])
    const resolved = await collect(context.client.calls.readStream(links, { resolveLinkTos: true }))
    assert.deepEqual(resolved.map(seen), [
      { event: undefined, link: `$> 0@${links}` },
      { event: undefined, link: `$> 1@${links}` },
    ])
  },

  'to a deleted, tombstoned or truncated event is shown alone': async (context) => {
    const { calls } = context.client
    for (const hide of [
      (target: string) => calls.deleteStream(target),
      (target: string) => calls.tombstoneStream(target),
      (target: string) => calls.setStreamMetadata(target, { truncateBefore: 2 }),
      (target: string) => calls.setStreamMetadata(target, { maxCount: 1 }),
    ]) {
      const { target, links } = await makeLinks(context, (name) => [`1@${name}`])
      await hide(target)
      const [read] = await collect(calls.readStream(links, { resolveLinkTos: true }))
      assert.ok(read)
      assert.deepEqual(seen(read), { event: undefined, link: `$> 0@${links}` })
    }
  },

  'is resolved in reads of the whole log': async (context) => {
    const { target, links, position } = await makeLinks(context, (name) => [`1@${name}`])
    const [plain] = await collect(context.client.calls.readAll({ fromPosition: position, maxCount: 1 }))
    assert.ok(plain)
    assert.deepEqual(seen(plain), { event: `$> 0@${links}`, link: undefined })
    const [resolved] = await collect(
      context.client.calls.readAll({ fromPosition: position, maxCount: 1, resolveLinkTos: true }),
    )
    assert.ok(resolved)
    assert.deepEqual(seen(resolved), { event: `Ordered 1@${target}`, link: `$> 0@${links}` })
  },

  'is resolved for subscribers who ask, of what was and of what comes': async (context) => {
    const { target, links } = await makeLinks(context, (name) => [`1@${name}`])
    const expected = [
      { event: `Ordered 1@${target}`, link: `$> 0@${links}` },
      { event: `Ordered 2@${target}`, link: `$> 1@${links}` },
    ]
    const { calls } = context.client
    const toStream = watch(context, calls.subscribeToStream(links, { resolveLinkTos: true }))
    const filter = context.client.streamNameFilter({ prefixes: [links] })
    const toAll = watch(context, calls.subscribeToAll({ resolveLinkTos: true, filter }))
    const plain = watch(context, calls.subscribeToStream(links))
    await Promise.all([toStream.first(1), toAll.first(1)])
    await context.client.append(links, [linkTo(`2@${target}`)])
    assert.deepEqual((await toStream.first(2)).map(seen), expected)
    assert.deepEqual((await toAll.first(2)).map(seen), expected)
    assert.deepEqual((await plain.first(2)).map(seen)[1], { event: `$> 1@${links}`, link: undefined })
  },
})
