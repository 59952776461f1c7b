import { OutsideFailure } from '../guard/outside-failure.ts'
import type { HttpRequest } from './http-client.ts'

/** The address below which all requests of a client stay. */
export function readBaseUrl(system: string, text: string): URL {
  const url = URL.parse(text)
  const refuse = (words: string): never => {
    throw new OutsideFailure(system, 'bad-input', `its baseUrl is wrong: ${words}`, { effect: 'none' })
  }
  if (!url) return refuse('wanted an address such as "https://erp.example/api".')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse(`found "${url.protocol}", wanted https: or http:.`)
  if (url.username || url.password) refuse('credentials belong into the headers, where they reach no log.')
  if (url.search || url.hash) refuse('a query belongs to each request.')
  return url
}

/** A request's own address. One that would leave the base address is refused: parts of paths often come from outside. */
export function makeHttpUrl(system: string, base: URL, { path, query = {} }: Pick<HttpRequest, 'path' | 'query'>): URL {
  const refuse = (words: string): never => {
    throw new OutsideFailure(system, 'bad-input', `the path of a request is wrong: ${words}`, { effect: 'none' })
  }
  const segments = typeof path === 'string' ? path.replace(/^\//, '').split('/') : path.map(String)
  // A line break inside "..", or a backslash, is as good as ".." to whoever reads addresses.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (typeof path === 'string' && /[\\\u0000-\u001f]/.test(path)) refuse('it holds a backslash or a control character.')
  for (const segment of segments)
    if (/^(\.|%2e){1,2}$/i.test(segment)) refuse(`found "${segment}" in it, which would leave the base address.`)
  if (typeof path !== 'string' && segments.includes('')) refuse('an entry of it is empty.')
  const escaped = typeof path === 'string' ? segments : segments.map(encodeURIComponent)
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/$/, '')}/${escaped.join('/')}`
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value))
  return url
}
