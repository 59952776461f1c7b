import { Hono } from 'hono'
import type { Audit } from '#audit/audit.ts'
import { exportFormatNames, exportFormats } from '#audit/export-lines.ts'
import type { EventExport } from '#audit/exports.ts'
import { parseSearchQuery, toSearchParams } from '#audit/search-query.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { recordDecision } from './record-decision.ts'

/**
 * Taking a search out as a file. Who took out what is recorded first.
 *
 * `POST /?<search>&format=ndjson|csv`: begins one. `GET /<id>/file`: its lines, once, as they are read. `GET /<id>`: how
 * far it is. `POST /<id>/cancel`.
 */
export function createAuditExportRoutes(
  options: Pick<AdminApiOptions, 'store' | 'clock' | 'instance'> & { readonly audit: () => Audit },
): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const get = (id: string): EventExport => {
    const found = options.audit().exports.find(id)
    if (found) return found
    throw new PlatformError('not-found', 'There is no such export here: it may be long over. Begin another one.')
  }

  routes.post('/', async (c) => {
    const { format: asked, ...rest } = c.req.query()
    const query = parseSearchQuery(rest)
    const format = parseFormat(asked)
    const { search, exports, catchUp } = options.audit()
    await recordDecision(options, {
      type: 'peek.AuditExportRequested',
      about: { name: 'Audit', id: 'exports' },
      user: c.get('user'),
      data: { format, search: Object.fromEntries(toSearchParams(query)) },
    })
    await catchUp()
    return c.json({ export: (await exports.begin({ search, query, format })).status() })
  })

  routes.get('/:id', (c) => c.json({ export: get(c.req.param('id')).status() }))

  routes.get('/:id/file', (c) => {
    const found = get(c.req.param('id'))
    const { fileName, format } = found.status()
    return c.body(found.open(), 200, {
      'content-type': exportFormats[format].contentType,
      'content-disposition': `attachment; filename="${fileName}"`,
    })
  })

  routes.post('/:id/cancel', (c) => {
    const found = get(c.req.param('id'))
    found.cancel()
    return c.json({ export: found.status() })
  })

  return routes
}

function parseFormat(asked: string | undefined) {
  const found = exportFormatNames.find((name) => name === asked)
  if (found !== undefined) return found
  const near = nearestName(asked ?? '', exportFormatNames)
  const hint = near ? `did you mean "${near}"?` : `wanted ${exportFormatNames.join(' or ')}.`
  throw new PlatformError('bad-input', `format is "${asked ?? ''}": ${hint}`)
}
