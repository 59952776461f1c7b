import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createLog } from '#kernel/log.ts'
import { toAppManifest } from './app-manifest.ts'
import { discoverPlugins } from './discover-plugins.ts'
import { loadPart } from './load-part.ts'
import { loadLogicParts } from './load-plugins.ts'
import { parseManifest } from './manifest.ts'

const door = resolve(import.meta.dir, '../plugin-api/index.ts')
let root = ''
let folder = ''
let count = 0
let said: string[] = []
const log = createLog('test', ({ words }) => said.push(words))

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'peek-plugins-'))
})
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(() => {
  folder = join(root, String(count++))
  said = []
})

/** Writes a plugin to the disk. */
function install(id: string, change: { peek?: object; version?: string; code?: string } = {}): void {
  mkdirSync(join(folder, id), { recursive: true })
  const peek = { id, title: id, platform: '^0.1.0', services: ['logic'], ...change.peek }
  writeFileSync(join(folder, id, 'package.json'), JSON.stringify({ version: change.version ?? '1.0.0', peek }))
  const code = `import { definePlugin, defineLogicPart } from ${JSON.stringify(door)}
    export const plugin = definePlugin({ id: '${id}', parts: { logic: async () => defineLogicPart({}) } })`
  writeFileSync(join(folder, id, 'plugin.ts'), change.code ?? code)
}
const discover = (enabled: readonly string[] | 'all' = 'all') =>
  discoverPlugins({ folder, enabled, platform: '0.1.3', log })
const ids = (plugins: readonly { readonly manifest: { readonly id: string } }[]) =>
  plugins.map(({ manifest }) => manifest.id)

describe('a manifest', () => {
  const good = { id: 'good', title: 'Good', platform: '^0.1.0' }
  const fault = (peek: unknown): string => {
    try {
      parseManifest('p/package.json', { peek })
      return ''
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
  }
  test('needs little', () => {
    expect(parseManifest('p', { peek: good })).toEqual({
      ...good,
      words: '',
      requires: {},
      services: [],
      apps: {},
    })
  })
  test.each([
    [{ ...good, titel: 'x' }, '"titel" is no key of a manifest; did you mean "title"?'],
    [{ ...good, apps: { feild: { screens: [] } } }, '"apps.feild" is no key of a manifest; did you mean "field"?'],
    [{ title: 'x', platform: '1' }, '"id" is missing'],
    [{ ...good, id: 'Bad Id' }, '"id" must be lower-case letters, digits and dashes'],
    [{ ...good, id: 'peek' }, 'none of the platform’s names'],
    [{ ...good, icon: '../../secret' }, '"icon" must stay inside the plugin folder, found "../../secret"'],
    [{ ...good, services: ['logik'] }, '"services.0" is "logik", wanted ("logic" | "field"'],
    [
      { ...good, apps: { field: { screens: [{ path: 'api/x', title: 'X', module: 'x.tsx' }] } } },
      '"apps.field.screens.0.path" must not begin with "api"',
    ],
    [undefined, 'it has no "peek" key'],
  ])('%j is refused in words that help', (peek, words) => {
    expect(fault(peek)).toContain(words)
    expect(fault(peek)).toStartWith('The manifest in p/package.json is wrong: ')
  })
})

describe('discovery', () => {
  test('puts what others require first, ties by id', () => {
    install('alpha', { peek: { requires: { zeta: '^1.0.0' } } })
    install('beta')
    install('zeta', { version: '1.4.2' })
    expect(ids(discover())).toEqual(['zeta', 'alpha', 'beta'])
    expect(said).toEqual([])
  })

  test('prints a cycle and leaves out all that is on it, or behind it; others go on', () => {
    install('a', { peek: { requires: { b: '*' } } })
    install('b', { peek: { requires: { c: '*' } } })
    install('c', { peek: { requires: { a: '*' } } })
    install('d', { peek: { requires: { a: '*' } } })
    install('e')
    expect(ids(discover())).toEqual(['e'])
    expect(said).toContain('plugin "a" is left out: it requires itself: a -> b -> c -> a')
    expect(said).toContain('plugin "d" is left out: it requires "a", which cannot run')
  })

  test('leaves out what requires something that is not here, or of another version', () => {
    install('lonely', { peek: { requires: { nobody: '*' } } })
    install('modern', { peek: { requires: { old: '^2.0.0' } } })
    install('old')
    expect(ids(discover())).toEqual(['old'])
    expect(said).toEqual([
      'plugin "lonely" is left out: it requires "nobody", which is not here',
      'plugin "modern" is left out: it requires "old" ^2.0.0, found 1.0.0',
    ])
  })

  test('leaves out what was made for another platform', () => {
    install('ahead', { peek: { platform: '^0.2.0' } })
    install('fits')
    expect(ids(discover())).toEqual(['fits'])
    expect(said).toEqual(['plugin "ahead" is left out: It fits platform ^0.2.0, and this one is 0.1.3.'])
  })

  test('takes the enabled ones, and says which are missing', () => {
    install('one')
    install('two')
    expect(ids(discover(['two', 'three']))).toEqual(['two'])
    expect(said[0]).toStartWith('plugin "three" is enabled and not in ')
  })

  test('reports one that cannot be read, and goes on', () => {
    install('broken')
    writeFileSync(join(folder, 'broken', 'package.json'), '{')
    install('moved', { peek: { id: 'other' } })
    install('well')
    expect(ids(discover())).toEqual(['well'])
    expect(said).toHaveLength(2)
    expect(said[1]).toBe('plugin "moved" is left out: Plugin "other" lies in a folder named "moved": they must agree.')
  })
})

describe('loading', () => {
  const withPart = (id: string, part: string): string => `
    import * as peek from ${JSON.stringify(door)}
    const { defineAction, defineDecider, defineLogicPart, definePlugin, decideOn, accept, seedAction } = peek
    const actionOf = (name, version = 1) =>
      defineAction(name, { version, fields: {}, entity: () => ['Thing', 'x'], title: () => '' })
    const deciderOf = (action) => defineDecider({
      category: 'Thing', initialState: () => 0, decide: [decideOn(action, () => accept())], evolve: [],
    })
    const eventOf = (name, version = 1) => peek.defineEvent(name, { version, fields: {} })
    const projectionOf = (event) => peek.defineProjection({
      version: 1, model: peek.defineReadModel('${id}', 'things', () => ({})), on: (on) => [on(event, () => undefined)],
    })
    export const plugin = definePlugin({ id: '${id}', parts: { logic: async () => defineLogicPart(${part}) } })`

  test.each([
    ['throws', 'throw new Error("no luck")', 'no luck'],
    ['exports nothing', 'export const other = 1', 'must export `plugin = definePlugin({ id: "broken", ... })`'],
    [
      'decides another plugin’s action',
      withPart('broken', `{ deciders: [deciderOf(actionOf('well.Steal'))] }`),
      'Plugin "broken" decides "well.Steal"',
    ],
    [
      'has an action of a later version without the way there',
      withPart('broken', `{ deciders: [deciderOf(actionOf('broken.Do', 2))] }`),
      '"broken.Do" is at version 2: add `from: earlier',
    ],
    [
      'projects a fact of a later version without the way there',
      withPart('broken', `{ projections: [projectionOf(eventOf('broken.Done', 2))] }`),
      '"broken.Done" is at version 2: add `from: earlier',
    ],
    [
      'means two versions of one event',
      withPart(
        'broken',
        `{ deciders: [deciderOf(actionOf('broken.Do'))], projections: [projectionOf(actionOf('broken.Do', 2))] }`,
      ),
      '"broken.Do" is handled at version 1 and at 2: keep one',
    ],
    [
      'projects what a plugin records that it does not require',
      withPart('broken', `{ projections: [projectionOf(eventOf('well.Done'))] }`),
      'Plugin "broken" reads "well.Done" and does not require "well"',
    ],
    [
      'plants a row with an action that nobody decides',
      withPart(
        'broken',
        `{ deciders: [deciderOf(actionOf('broken.Do'))], seed: [seedAction('x', actionOf('broken.Dot'), {})] }`,
      ),
      'which none of its deciders decides; did you mean "broken.Do"?',
    ],
  ])('a plugin that %s is left out with those that require it; others run', async (_, code, words) => {
    install('broken', { code })
    install('needy', { peek: { requires: { broken: '*' } } })
    install('well')
    expect(ids(await loadLogicParts(discover(), log))).toEqual(['well'])
    expect(said[0]).toContain(words)
    expect(said[1]).toBe('plugin "needy" is left out: it requires "broken", which did not load')
  })

  test('seam 10 every action and fact gets a schema, so that a newer version is noticed', async () => {
    install('well', { code: withPart('well', `{ deciders: [deciderOf(actionOf('well.Do'))] }`) })
    const [well] = await loadLogicParts(discover(), log)
    expect(well?.logic?.eventSchemas).toEqual([{ type: 'well.Do', version: 1, upcasts: [] }])
  })

  test('seam 10 a fact that only another plugin reads gets its schema there, once, and the versions must agree', async () => {
    const reader = (id: string, version: number) =>
      install(id, {
        code: withPart(id, `{ projections: [projectionOf(eventOf('maker.Made', ${version}))] }`),
        peek: { requires: { maker: '*' } },
      })
    install('maker', { code: withPart('maker', `{ deciders: [deciderOf(actionOf('maker.Make'))] }`) })
    reader('reader', 1)
    reader('second', 1)
    reader('newer', 2)
    const loaded = await loadLogicParts(discover(), log)
    expect(ids(loaded)).toEqual(['maker', 'reader', 'second'])
    expect(loaded.flatMap((plugin) => plugin.logic?.eventSchemas ?? []).map(({ type }) => type)).toEqual([
      'maker.Make',
      'maker.Made',
    ])
    expect(said[0]).toContain('Plugin "newer" reads version 2 of "maker.Made", and plugin "maker" has it at version 1')
  })
})

describe('a part', () => {
  const withParts = (id: string, parts: string): string => `
    import * as peek from ${JSON.stringify(door)}
    import * as shared from ${JSON.stringify(door.replace('index', 'shared'))}
    const rpcOf = (name, listensOn) => peek.answerRpc(
      shared.defineRpc(name, { listensOn, acceptsFrom: ['logic'], input: {}, output: {} }), () => ({}))
    export const plugin = peek.definePlugin({ id: '${id}', parts: ${parts} })`
  const load = async (code: string, services: readonly string[]): Promise<unknown> => {
    install('one', { code, peek: { services } })
    const [plugin] = discover()
    return plugin && loadPart(plugin, 'agent')
  }

  test('is loaded only in the service that runs it', async () => {
    const parts = `{ field: async () => { throw new Error('not here') }, agent: async () => peek.defineAgentPart({}) }`
    expect(await load(withParts('one', parts), ['field', 'agent'])).toMatchObject({ kind: 'agent' })
  })

  test('that no service of the plugin has is none', async () => {
    expect(await load(withParts('one', `{ field: async () => peek.defineFieldPart({}) }`), ['field'])).toBeUndefined()
  })

  test.each([
    ['{}', ['agent'], 'names the service "agent", and its plugin.ts has no part for it'],
    ['{ agent: async () => peek.defineAgentPart({}) }', [], 'has a part for agent, and its manifest does not name'],
    ['{ agent: async () => peek.defineFieldPart({}) }', ['agent'], 'is of kind "field": make it with defineAgentPart'],
    ['{ agent: async () => undefined, field: 5 }', ['agent'], 'has a part for field, and its manifest does not name'],
    [
      `{ agent: async () => peek.defineAgentPart({ rpcs: [rpcOf('one.Ask', 'worker')] }) }`,
      ['agent'],
      'answers "one.Ask", which listens on worker',
    ],
    [
      `{ agent: async () => peek.defineAgentPart({ rpcs: [rpcOf('two.Ask', 'agent')] }) }`,
      ['agent'],
      'defines the call "two.Ask": its names start with "one."',
    ],
    [
      `{ agent: async () => peek.defineAgentPart({ rpcs: [rpcOf('one.Ask', 'agent'), rpcOf('one.Ask', 'agent')] }) }`,
      ['agent'],
      'has the call "one.Ask" twice',
    ],
  ])('of the definition %s and a manifest for %j is refused', async (parts, services, words) => {
    const failure = await load(withParts('one', parts), services).catch((error: unknown) => String(error))
    expect(failure).toContain(words)
  })
})

test('an app shows the screens that were built, and no tile that leads nowhere', () => {
  const screens = [
    { path: '', title: 'Home', module: 'ui/home.tsx' },
    { path: 'more', title: 'More', module: 'ui/more.tsx' },
  ]
  install('shown', { peek: { apps: { field: { home: [{ title: 'T', path: '' }], screens } } } })
  install('unbuilt', { peek: { apps: { field: { screens } } } })
  install('elsewhere', { peek: { apps: { office: { screens } } } })
  const built = { shown: { 'ui/home.tsx': { url: '/m/1.js' } } }
  expect(toAppManifest('field', discover(), built, 'b1').plugins).toEqual([
    {
      id: 'shown',
      title: 'shown',
      words: '',
      iconUrl: null,
      home: [{ title: 'T', words: '', path: '' }],
      screens: [{ path: '', title: 'Home', url: '/m/1.js' }],
    },
  ])
})
