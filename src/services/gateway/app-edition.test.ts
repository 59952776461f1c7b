import { expect, test } from 'bun:test'
import type { AppManifest } from '#plugin-host/app-manifest.ts'
import { toAppEdition } from './app-edition.ts'
import type { BuiltWeb } from './built-web.ts'

const content = (hash: string) => ({ hash, sizeBytes: 1 })
const built: BuiltWeb = {
  apps: { field: { index: 'field/index.html', csp: '', shell: 'shell-1' } },
  plugins: {
    lines: {
      'assets/icon.svg': { url: '/plugins/lines/icon-1.svg' },
      'ui/field/screen.tsx': {
        url: '/plugins/lines/field-1.js',
        css: ['/plugins/lines/field-1.css'],
        needs: ['/plugins/lines/chunk-1.js'],
      },
      'ui/office/screen.tsx': { url: '/plugins/lines/office-1.js' },
    },
    poles: { 'ui/field/screen.tsx': { url: '/plugins/poles/field-1.js' } },
  },
  files: Object.fromEntries(
    [
      'field/index.html',
      'field/assets/main-1.js',
      'field/favicon.svg',
      'field/icon-512.png',
      'field/sw.js',
      'office/index.html',
      'office/assets/main-2.js',
      ...['lines/icon-1.svg', 'lines/field-1.js', 'lines/field-1.css', 'lines/chunk-1.js', 'lines/office-1.js'].map(
        (path) => `plugins/${path}`,
      ),
      'plugins/poles/field-1.js',
    ].map((path) => [path, content(`hash of ${path}`)]),
  ),
}

function manifestOf(...ids: string[]): AppManifest {
  return {
    app: 'field',
    title: 'Peek',
    build: '1.0.0',
    plugins: ids.map((id) => ({
      id,
      title: id,
      words: '',
      iconUrl: null,
      home: [],
      screens: [{ path: '', title: id, url: `/plugins/${id}/field-1.js` }],
    })),
  }
}

test('an edition lists the shell of its app and all that the screens of the enabled plugins load, and nothing else', () => {
  const { files, manifest, id } = toAppEdition(built, manifestOf('lines'))
  expect(files.map(({ url }) => url)).toEqual([
    '/',
    '/assets/main-1.js',
    '/favicon.svg',
    '/plugins/lines/chunk-1.js',
    '/plugins/lines/field-1.css',
    '/plugins/lines/field-1.js',
    '/plugins/lines/icon-1.svg',
  ])
  expect(files[0]).toEqual({ url: '/', hash: 'hash of field/index.html', sizeBytes: 1 })
  expect(manifest).toMatchObject({ shell: 'shell-1', edition: id, build: '1.0.0' })
})

test('equal content has an equal id, and any other content another', () => {
  const id = toAppEdition(built, manifestOf('lines')).id
  expect(toAppEdition(structuredClone(built), manifestOf('lines')).id).toBe(id)
  expect(toAppEdition(built, manifestOf('lines', 'poles')).id).not.toBe(id)
  const changed = { ...built, files: { ...built.files, 'field/favicon.svg': content('another icon') } }
  expect(toAppEdition(changed, manifestOf('lines')).id).not.toBe(id)
})
