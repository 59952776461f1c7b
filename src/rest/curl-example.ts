import type { Fields } from '#vortex/protocol/tuple.ts'
import type { RestRoute } from './define-rest-route.ts'
import { exampleOf } from './example-values.ts'
import { fieldToJsonSchema, kindOf, shapeToJsonSchema, takesNull } from './json-schema.ts'

/** Stands for the address of the agent, and for the key, which the shell puts in. */
export const agentPlace = 'https://agent.example'
export const keyVariable = '$PEEK_KEY'

/**
 * A request to a route as a line for a shell, with values that the route takes. The key is a variable: what is typed is
 * kept in the shell's history.
 */
export function toCurl<C>(plugin: string, route: RestRoute<C>): string {
  const { method, input } = route
  return [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(`${agentPlace}/p/${plugin}${pathOf(route)}${queryOf(route.query)}`)}`,
    `  -H "Authorization: Bearer ${keyVariable}"`,
    ...(input
      ? [`  -H 'Content-Type: application/json'`, `  -d ${quoted(JSON.stringify(exampleOf(shapeToJsonSchema(input))))}`]
      : []),
  ].join(' \\\n')
}

function pathOf<C>({ path, params }: RestRoute<C>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const field = params[name]
    return encodeURIComponent(field ? String(exampleOf(fieldToJsonSchema(field))) : name)
  })
}

/** What may be left out is. */
function queryOf(fields: Fields): string {
  const wanted = Object.entries(fields).flatMap(([name, field]): [string, string][] => {
    const schema = fieldToJsonSchema(field)
    return takesNull(schema) || kindOf(schema) === 'array' ? [] : [[name, String(exampleOf(schema))]]
  })
  return wanted.length === 0 ? '' : `?${new URLSearchParams(wanted)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
