import { type RestRoute, restMethods } from './define-rest-route.ts'

/** The route of a request, or why there is none. */
export type FoundRoute<C> =
  | { readonly is: 'route'; readonly route: RestRoute<C>; readonly params: Readonly<Record<string, string>> }
  | { readonly is: 'other-method'; readonly allow: readonly string[] }
  | { readonly is: 'nothing' }

/** `path` is what follows `/p/<plugin>`. */
export type RouteFinder<C> = (method: string, path: string) => FoundRoute<C>

type Laid<C> = { readonly route: RestRoute<C>; readonly pattern: readonly string[] }

/**
 * Finds routes among those of a plugin. Where two fit, the one with the earlier fixed piece counts: `/a/new` before
 * `/a/:id`. HEAD is answered wherever GET is.
 */
export function createRouteFinder<C>(routes: readonly RestRoute<C>[]): RouteFinder<C> {
  const laid: readonly Laid<C>[] = routes
    .toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
    .map((route) => ({ route, pattern: route.path.split('/') }))
  return (method, path) => {
    const asked = method === 'HEAD' ? 'GET' : method
    const pieces = path.split('/').map(decodePiece)
    for (const { route, pattern } of laid) {
      if (route.method !== asked) continue
      const params = fit(pattern, pieces)
      if (params) return { is: 'route', route, params }
    }
    return findOther(laid, pieces)
  }
}

function findOther<C>(laid: readonly Laid<C>[], pieces: readonly (string | undefined)[]): FoundRoute<C> {
  const fitting = new Set<string>(laid.filter(({ pattern }) => fit(pattern, pieces)).map(({ route }) => route.method))
  if (fitting.size === 0) return { is: 'nothing' }
  const allow = restMethods.filter((method) => fitting.has(method))
  return { is: 'other-method', allow: fitting.has('GET') ? [...allow, 'HEAD'] : allow }
}

function fit(pattern: readonly string[], pieces: readonly (string | undefined)[]): Record<string, string> | undefined {
  if (pattern.length !== pieces.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, wanted] of pattern.entries()) {
    const piece = pieces[index]
    if (piece === undefined) return undefined
    if (!wanted.startsWith(':')) {
      if (wanted !== piece) return undefined
    } else if (piece === '') return undefined
    else params[wanted.slice(1)] = piece
  }
  return params
}

/** Undefined for a piece that is not well encoded: it fits nothing. */
function decodePiece(piece: string): string | undefined {
  if (!piece.includes('%')) return piece
  try {
    return decodeURIComponent(piece)
  } catch {
    return undefined
  }
}

/** Fixed pieces sort before those that stand for anything. */
function rankOf({ path }: { readonly path: string }): string {
  return path
    .split('/')
    .map((piece) => (piece.startsWith(':') ? '1' : '0'))
    .join('')
}
