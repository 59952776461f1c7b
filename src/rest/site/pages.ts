import type { RestPlugin } from '../open-api.ts'

/** The pages of an agent's site, for people: a plugin's document, and the list of plugins. */

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** At `/p/<plugin>/docs/`; what it loads stands beside it. */
export function documentPage({ title, version }: RestPlugin): Response {
  return htmlPage(
    `${title}: API`,
    '',
    `<header class="bar"><strong>${escaped(title)} ${escaped(version)}</strong>
<a href="../../../">All APIs of this agent</a> <a href="../openapi.json">OpenAPI document</a></header>
<main id="api"></main>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>`,
    '<link rel="stylesheet" href="swagger-ui.css">',
  )
}

export type ListedApi = { readonly plugin: RestPlugin; readonly routeCount: number }

/** At the root of the site. `styleAt`: where `page.css` is. */
export function indexPage(agent: string, apis: readonly ListedApi[]): Response {
  const list = apis.map(({ plugin, routeCount }) => {
    const place = `p/${escaped(plugin.id)}`
    return `<li><h2><a href="${place}/docs/">${escaped(plugin.title)}</a></h2>
<p>Version ${escaped(plugin.version)}, ${routeCount === 1 ? '1 route' : `${routeCount} routes`}</p>
<p class="links"><a href="${place}/openapi.json">OpenAPI document<span hidden> of ${escaped(plugin.title)}</span></a></p></li>`
  })
  const found = list.length === 0 ? '<p>No plugin has routes here just now.</p>' : `<ul>${list.join('\n')}</ul>`
  return htmlPage(
    `${agent}: APIs`,
    'page/',
    `<main class="index"><h1>${escaped(agent)}</h1>
<p>What other systems may ask of the plugins here. Keys are made by an administrator, on the admin app’s page “API keys”.</p>
${found}</main>`,
  )
}

function htmlPage(title: string, filesAt: string, body: string, head = ''): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="${filesAt}favicon.png">
${head}
<link rel="stylesheet" href="${filesAt}page.css">
</head>
<body>
${body}
</body>
</html>
`
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    },
  })
}

function escaped(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => named[character] ?? character)
}
