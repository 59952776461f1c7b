import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handOn, putHandedOn } from './handed-on.ts'

/** What a page gets of such a module, when the start script has these values. */
async function imported(values: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'peek-handed-on-'))
  const fileName = `${folder}/whatever.js`
  try {
    Reflect.set(globalThis, 'peekModules', { [fileName]: values })
    const { file, code } = handOn({ fileName, exports: Object.keys(values) })
    await Bun.write(join(folder, file), code)
    return { ...(await import(join(folder, file))) }
  } finally {
    Reflect.deleteProperty(globalThis, 'peekModules')
    await rm(folder, { recursive: true })
  }
}

test.each([
  ['names of any kind', { a: 1, default: () => 2, 'no name of a variable': 3, class: 4 }],
  ['nothing, where it is only run', {}],
])('a module hands on %s', async (_, values) => {
  expect(await imported(values)).toEqual(values)
})

test('a page finds modules that are handed on by their names and by the addresses of what they stand for', () => {
  const named = handOn({ fileName: 'assets/named-1.js', exports: ['a'] })
  const wanted = handOn({ fileName: 'assets/wanted-1.js', exports: ['a'] })
  const html = `<script type="importmap">{"imports":{"named":"/assets/named-1.js","other":"/assets/other-1.js"}}</script>
<link rel="modulepreload" crossorigin href="/assets/named-1.js">
<link rel="modulepreload" crossorigin href="/assets/other-1.js">`
  const imports = {
    named: `/${named.file}`,
    other: '/assets/other-1.js',
    '/assets/named-1.js': `/${named.file}`,
    '/assets/wanted-1.js': `/${wanted.file}`,
  }
  expect(putHandedOn(html, [named, wanted])).toBe(`<script type="importmap">${JSON.stringify({ imports })}</script>
<link rel="modulepreload" crossorigin href="/${named.file}">
<link rel="modulepreload" crossorigin href="/assets/other-1.js">`)
})
