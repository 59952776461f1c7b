import type { LogicContext, PartRoutes } from '#plugin-api'
import { checkList } from '../shared/check-list.ts'
import type { Runner } from './running/runner.ts'

const badInput = (words: string) => ({ error: { kind: 'bad-input', words } })

/** For the command line: `GET /checks`, `GET /runs` (the one under way), `POST /runs { checks?, mark?, key? }`, `GET /runs/<id>`. */
export function runRoutes(runner: () => Runner): PartRoutes<LogicContext> {
  return (routes) => {
    routes.get('/checks', (c) => c.json({ checks: checkList }))
    routes.get('/runs', (c) => c.json({ underWay: runner().underWay() ?? null }))
    routes.post('/runs', async (c) => {
      const asked: unknown = await c.req.json().catch(() => undefined)
      const wish = parseWish(asked)
      if (wish === undefined)
        return c.json(badInput('Wanted { "checks": [names], "mark": text, "key": text }, all may be left out.'), 400)
      const unknown = wish.checks.find((name) => !checkList.some((check) => check.name === name))
      if (unknown !== undefined) return c.json(badInput(`There is no check "${unknown}".`), 400)
      const by = decodeURIComponent(c.req.header('x-peek-user') ?? '')
      return c.json(await runner().begin({ ...wish, by }), 202)
    })
    routes.get('/runs/:id', async (c) => {
      const id = c.req.param('id') ?? ''
      const run = uuidPattern.test(id) ? await runner().find(id) : undefined
      if (run) return c.json({ run })
      return c.json({ error: { kind: 'not-found', words: `No run ${id} is known here.` } }, 404)
    })
  }
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function parseWish(
  asked: unknown,
): { readonly checks: readonly string[]; readonly mark: string; readonly key: string } | undefined {
  if (typeof asked !== 'object' || asked === null) return undefined
  const checks = 'checks' in asked ? asked.checks : []
  const mark = 'mark' in asked ? asked.mark : ''
  const key = 'key' in asked ? asked.key : ''
  if (!Array.isArray(checks) || !checks.every((name) => typeof name === 'string')) return undefined
  return typeof mark === 'string' && typeof key === 'string' ? { checks, mark, key } : undefined
}
