import { expect, test } from 'bun:test'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { text } from '#vortex/protocol/fields.ts'
import { checkRoutes, makeRestRoute, type RestMethod, type RestRoute } from './define-rest-route.ts'
import { toOpenApi } from './open-api.ts'

function route(method: RestMethod, path: string): RestRoute {
  const params = Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name]) => [name ?? '', text()]))
  return makeRestRoute(method, path, {
    words: 'x',
    params,
    output: { a: text() },
    scope: 's',
    handle: () => ({ a: '' }),
  })
}

test('each operation has an id of its own, however alike the paths are', () => {
  const routes = ['/things/:name', '/things/name', '/things-name', '/things'].map((path) => route('GET', path))
  const { paths } = toOpenApi({ id: 'things', title: 'Things', version: '1' }, routes)
  const ids = Object.values(paths as Record<string, JsonObject>).map(({ get }) => isJsonObject(get) && get.operationId)
  expect(ids).toEqual(['getThingsByName', 'getThingsName', 'getThingsName2', 'getThings'])
})

test('every reference in the document leads somewhere, and answers that are not listed have a form too', () => {
  const document = toOpenApi({ id: 'things', title: 'Things', version: '1' }, [route('POST', '/things/:name')])
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  expect(refs).toContain('components/responses/Refused')
  for (const path of refs) {
    const found = path.split('/').reduce<unknown>((at, name) => (isJsonObject(at) ? at[name] : undefined), document)
    expect([path, isJsonObject(found)]).toEqual([path, true])
  }
})

test('paths that differ by the names in them only are a mistake: the document could not hold both', () => {
  expect(() => checkRoutes([route('GET', '/things/:id'), route('PUT', '/things/:name')])).toThrow('"/things/:id"')
  expect(() => checkRoutes([route('GET', '/things/:id'), route('GET', '/things/:id')])).toThrow('is there twice')
  expect(checkRoutes([route('GET', '/things/:id'), route('PUT', '/things/:id')])).toHaveLength(2)
})
