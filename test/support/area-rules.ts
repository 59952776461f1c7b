/**
 * Who may import whom: the table of src/README.md as data. The first rule whose `area` holds the file counts.
 *
 * `may` and `types` are places in the project, an area's own folder is always allowed; `types` allows `import type` only.
 * A browser-safe area gets no `node:`, `bun:` or `bun`.
 */
export type AreaRule = {
  readonly area: RegExp
  readonly may: readonly string[]
  readonly types?: readonly string[]
  /** Names of packages; `any` for all. */
  readonly packages: readonly string[] | 'any'
  readonly runsIn: 'server' | 'browser' | 'nowhere'
}

const kernel = 'src/kernel/'
const config = 'src/config/'
const storage = 'src/storage/'
const eventStore = 'src/event-store/'
const protocol = 'src/vortex/protocol/'
const vortexClient = 'src/vortex/client/'
const action = 'src/action/'
const projection = 'src/projection/'
const observable = 'src/observable/'
const evidence = 'src/evidence/'
const reactor = 'src/reactor/'
const engine = [action, projection, observable, evidence, reactor, 'src/rpc/', 'src/job/']
const lower = [kernel, config, storage, eventStore, protocol, vortexClient, 'src/vortex/server/', ...engine]
const pluginApi = 'src/plugin-api/'
const pluginHost = 'src/plugin-host/'
/** Searching and following what was recorded. */
const audit = 'src/audit/'
const hostAndBelow = [...lower, pluginApi, pluginHost]
/** Platform read models of the platform itself. */
const readModels = 'projections/'
const sharedDoor = 'src/plugin-api/shared.ts'
const door = 'src/plugin-api/index.ts'
const schemaLibrary = 'valibot'
const screenPackages = ['solid-js', '@solidjs/router', '@kobalte/core', 'lucide-solid', schemaLibrary]

export const areaRules: readonly AreaRule[] = [
  { area: /^src\/kernel\//, may: [], packages: [], runsIn: 'nowhere' },
  { area: /^src\/config\//, may: [kernel], packages: [], runsIn: 'server' },
  { area: /^src\/storage\//, may: [kernel, config], packages: ['drizzle-orm', 'postgres'], runsIn: 'server' },
  {
    area: /^src\/event-store\/kurrent\//,
    may: [kernel, config, eventStore],
    packages: ['@kurrent/kurrentdb-client', '@grpc/grpc-js', schemaLibrary],
    runsIn: 'server',
  },
  { area: /^src\/event-store\//, may: [kernel, config], packages: [schemaLibrary], runsIn: 'server' },
  { area: /^src\/event-store-server\//, may: [kernel], packages: ['@grpc/grpc-js', 're2js'], runsIn: 'server' },
  { area: /^src\/vortex\/protocol\//, may: [kernel], packages: [schemaLibrary], runsIn: 'browser' },
  { area: /^src\/vortex\/client\//, may: [kernel, protocol], packages: [schemaLibrary], runsIn: 'browser' },
  { area: /^src\/vortex\/server\//, may: [kernel, protocol], packages: ['hono', schemaLibrary], runsIn: 'server' },
  {
    area: /^src\/projection\//,
    may: [kernel, eventStore, storage, protocol],
    packages: ['drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  {
    // A reactor sees an event exactly as a projection does, and names the actions it pushes; somebody above runs them.
    area: /^src\/reactor\//,
    may: [kernel, eventStore, storage, protocol, projection],
    types: [action],
    packages: [],
    runsIn: 'server',
  },
  {
    area: /^src\/action\/define-action\.ts/,
    may: [kernel, protocol],
    types: [eventStore],
    packages: [schemaLibrary],
    runsIn: 'browser',
  },
  { area: /^src\/action\//, may: [kernel, eventStore, protocol], packages: [schemaLibrary], runsIn: 'server' },
  {
    area: /^src\/observable\/edge\//,
    may: [kernel, eventStore, observable, protocol],
    packages: [schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/observable\/source\//,
    may: [kernel, eventStore, storage, projection, observable, protocol],
    packages: ['drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/observable\//,
    may: [kernel, protocol],
    types: [storage, projection],
    packages: ['drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  { area: /^src\/evidence\//, may: [kernel, eventStore, storage], packages: [], runsIn: 'server' },
  { area: /^src\/rpc\//, may: [kernel, protocol], packages: [schemaLibrary], runsIn: 'server' },
  { area: /^src\/job\//, may: [kernel, eventStore], packages: [schemaLibrary], runsIn: 'server' },
  {
    area: /^src\/plugin-api\/shared\.ts/,
    may: [kernel, protocol, 'src/action/define-action.ts'],
    packages: [schemaLibrary],
    runsIn: 'browser',
  },
  {
    area: /^src\/plugin-api\//,
    may: [kernel, config, storage, eventStore, protocol, ...engine],
    packages: ['drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  { area: /^src\/plugin-host\//, may: [...lower, pluginApi, readModels], packages: 'any', runsIn: 'server' },
  {
    area: /^src\/audit\//,
    may: [kernel, eventStore, storage, projection, protocol, readModels],
    packages: [schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/admin\//,
    may: [...hostAndBelow, audit],
    packages: ['hono', 'drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/services\/logic\//,
    // The leading logic starts the processes that rebuild, and the one that answers about the past.
    may: [
      ...hostAndBelow,
      'src/admin/',
      'src/services/*',
      'src/services/gateway/',
      audit,
      'src/services/rebuilder/',
      'src/services/historian/',
      readModels,
    ],
    packages: ['hono', 'drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/services\/(rebuilder|historian)\//,
    may: [...hostAndBelow, 'src/services/*', readModels],
    packages: [],
    runsIn: 'server',
  },
  {
    area: /^src\/services\/(field|office)\//,
    may: [...hostAndBelow, 'src/services/*', 'src/services/gateway/'],
    packages: ['hono', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/services\//,
    may: [...hostAndBelow, 'src/services/*', 'package.json'],
    packages: ['hono', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/cli\//,
    may: [kernel, config, storage, eventStore, evidence, pluginHost, 'src/services/', 'src/event-store-server/'],
    packages: [],
    runsIn: 'server',
  },
  { area: /^src\/testing\//, may: [...hostAndBelow, 'src/event-store-server/'], packages: 'any', runsIn: 'server' },
  { area: /^plugins\/[^/]+\/(shared)\//, may: [sharedDoor], packages: [schemaLibrary], runsIn: 'browser' },
  {
    area: /^plugins\/[^/]+\/ui\//,
    may: [sharedDoor, 'web/sdk/index.ts', 'web/ui/'],
    packages: screenPackages,
    runsIn: 'browser',
  },
  {
    area: /^plugins\/[^/]+\/(storage|projections|observables|logic)\//,
    may: [door, sharedDoor],
    packages: ['drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  { area: /^plugins\/[^/]+\//, may: [door, sharedDoor], packages: [schemaLibrary], runsIn: 'server' },
  { area: /^projections\//, may: [door, sharedDoor], packages: ['drizzle-orm', schemaLibrary], runsIn: 'server' },
  {
    area: /^web\/sdk\//,
    may: [kernel, protocol, vortexClient],
    packages: [...screenPackages, 'idb'],
    runsIn: 'browser',
  },
  { area: /^web\/ui\//, may: [], packages: 'any', runsIn: 'browser' },
  { area: /^web\/shells\/[^/]+\/vite\.config\.ts/, may: ['web/build/'], packages: 'any', runsIn: 'server' },
  {
    area: /^web\/shells\//,
    may: [protocol, 'web/sdk/', 'web/ui/', 'web/shells/kit/'],
    packages: 'any',
    runsIn: 'browser',
  },
  { area: /^web\/build\//, may: [kernel, 'web/'], packages: 'any', runsIn: 'server' },
  { area: /^web\//, may: ['web/'], packages: 'any', runsIn: 'server' },
]

/** The folder that counts as a file's own: an area, a plugin, a shell. */
export function homeOf(path: string): string {
  const pattern =
    /^(src\/vortex\/\w+|src\/observable\/(?:edge|source)|src\/services\/[\w-]+|src\/[\w-]+|plugins\/[\w-]+|projections\/[\w-]+|web\/shells\/[\w-]+|web\/[\w-]+|test)\//
  return pattern.exec(path)?.[0] ?? path
}
