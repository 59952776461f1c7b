import { newUuid } from '#kernel/ids.ts'
import { pickOne, type Random } from '#kernel/random.ts'

/** A frame that is wrong in one of the ways a broken or hostile client may be. */
export function badFrame(random: Random): string | Uint8Array<ArrayBuffer> {
  return pickOne(random, makers)(random)
}

const goodHead = (random: Random) => ({
  k: 'act',
  req: Math.floor(random() * 1e6),
  id: newUuid(),
  name: 'tutorial.AddIntValue',
  version: 1,
  at: Date.now(),
})

const makers: readonly ((random: Random) => string | Uint8Array<ArrayBuffer>)[] = [
  (random) => Uint8Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256)),
  (random) => randomText(random, 200),
  (random) => JSON.stringify(goodHead(random)).slice(0, Math.floor(random() * 120)),
  () => `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  (random) => JSON.stringify({ ...goodHead(random), k: randomText(random, 12) }),
  (random) => JSON.stringify({ ...goodHead(random), req: pickOne(random, [-1, 1.5, 1e300, '7', null, [], {}]) }),
  (random) => JSON.stringify({ ...goodHead(random), id: pickOne(random, ['', 'x', newUuid().toUpperCase(), 5, null]) }),
  (random) =>
    JSON.stringify({
      ...goodHead(random),
      by: { user: 'admin', device: newUuid(), service: 'logic', roles: ['admin'] },
    }),
  (random) =>
    JSON.stringify({
      ...goodHead(random),
      name: pickOne(random, ['', 'peek.Reset', 'nobody.Knows', '__proto__', 'tutorial.', '../..']),
    }),
  (random) =>
    `${JSON.stringify(goodHead(random))}\n${pickOne(random, ['', '{', 'null', '[]', '7', '{"stringIntId":1}', '{"__proto__":{"a":1}}', '{"offset":1e999}'])}`,
  (random) =>
    `${JSON.stringify(goodHead(random))}\n${JSON.stringify({ stringIntId: newUuid(), offset: pickOne(random, [1.5, '1', null, 1e12]) })}`,
  (random) =>
    `${JSON.stringify(goodHead(random))}\n${JSON.stringify({ stringIntId: `${newUuid()}\u0000`, offset: 1 })}`,
  (random) =>
    JSON.stringify({
      k: 'observe',
      obs: pickOne(random, [1, 2, 3]),
      name: pickOne(random, ['tutorial.Nothing', 'peek.ServiceStatus', 'x']),
      selector: {},
    }),
  (random) =>
    JSON.stringify({
      k: 'observe',
      obs: 4,
      name: 'tutorial.StringInt',
      selector: { id: pickOne(random, ['no uuid', 5, true]) },
    }),
  () => JSON.stringify({ k: 'observe', obs: 5, name: 'tutorial.StringInt', selector: { nothing: 'x' } }),
  () => JSON.stringify({ k: 'observe', obs: 6, name: 'tutorial.StringInt', selector: {}, token: 'no/token/at all' }),
  (random) => JSON.stringify({ k: 'unobserve', obs: Math.floor(random() * 1e9) }),
  () => JSON.stringify({ k: 'ask', req: 1, name: 'peek.snapshot', deadlineMs: 1e9 }),
  (random) => {
    const to = { role: pickOne(random, ['logic', 'agent', 'field', 'worker', 'nobody', '']) }
    const name = pickOne(random, ['tutorial.Nothing', 'peek.calls', 'peek.report', '__proto__.X', 'tutorial.AddInts'])
    const more = pickOne(random, [{}, { size: 1e12 }, { size: 70_000 }, { size: 1 }, { all: true }, { ordered: true }])
    return `${JSON.stringify({ k: 'ask', req: 1, name, deadlineMs: 50, to, ...more })}\n{"val1":1}`
  },
  (random) => {
    const origin = { caller: 'logic', instance: newUuid(), name: 'logic' }
    const claim = pickOne(random, [
      { from: origin },
      { by: { user: 'admin', device: 'd', service: 's', roles: ['admin'] } },
    ])
    return `${JSON.stringify({ k: 'ask', req: 1, name: 'tutorial.Nothing', deadlineMs: 50, to: { role: 'logic' }, ...claim })}\n{}`
  },
  (random) => `{"k":"part","of":"${pickOne(random, ['ask', 'reply', 'x'])}","req":1}\n${randomText(random, 200)}`,
  (random) => `{"k":"reply","req":${Math.floor(random() * 10)}}\n${randomText(random, 50)}`,
  (random) => JSON.stringify({ k: pickOne(random, ['cancel', 'took']), req: 1, count: 1 }),
  (random) => JSON.stringify({ k: 'took', count: pickOne(random, [-1, 1e15, 1.5]) }),
  (random) => pickOne(random, ['*', '*3,4\n{}', '*999999999\n', '*2\n{}', `*${randomText(random, 40)}`]),
  () =>
    JSON.stringify({
      k: 'hello',
      versions: [1],
      role: 'service',
      name: 'logic',
      device: newUuid(),
      instance: newUuid(),
      build: '',
    }),
  (random) =>
    `${JSON.stringify(goodHead(random))}\n${JSON.stringify({ stringIntId: newUuid(), offset: 1, text: 'x'.repeat(300_000) })}`,
]

function randomText(random: Random, lengthMax: number): string {
  return Array.from({ length: Math.floor(random() * lengthMax) }, () =>
    String.fromCharCode(Math.floor(random() * 0xffff)),
  ).join('')
}
