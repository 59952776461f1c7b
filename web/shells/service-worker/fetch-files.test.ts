import { expect, test } from 'bun:test'
import { fetchFiles } from './fetch-files.ts'
import { toEdition } from './testing/served-app.ts'

const headers = { 'content-type': 'text/html', 'content-security-policy': "default-src 'none'" }

/** What is put into the cache when the server answers so. */
async function keptOf(answer: Response): Promise<Response | undefined> {
  let kept: Response | undefined
  await fetchFiles({
    files: toEdition('shell 1', { '/': 'the page' }).files,
    into: {
      match: async () => undefined,
      put: async (_, response) => {
        kept = response
      },
      delete: async () => false,
    },
    source: { fetch: async () => answer, findCopy: async () => undefined },
    onFetched: () => undefined,
  })
  return kept
}

test('the answer itself is kept, still unread', async () => {
  const answer = new Response('the page', { headers })
  expect(await keptOf(answer)).toBe(answer)
  expect(await answer.text()).toBe('the page')
})

test.each([
  [
    'came from another address',
    redirected(new Response('the page', { headers: { ...headers, 'content-encoding': 'gzip' } })),
  ],
  ['is said to differ with everything', new Response('the page', { headers: { ...headers, vary: 'Accept, *' } })],
  ['calls itself a part', new Response('the page', { status: 206, headers })],
])('an answer that %s is made into one that pages can be opened with', async (_, answer) => {
  const kept = await keptOf(answer)
  expect(kept).toMatchObject({ status: 200, redirected: false })
  expect(Object.fromEntries(kept?.headers ?? [])).toEqual(headers)
  expect(await kept?.text()).toBe('the page')
})

function redirected(answer: Response): Response {
  Object.defineProperty(answer, 'redirected', { value: true })
  return answer
}
