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
/** Requests of a connection, the same for both of its ends. */
const calling = 'src/vortex/calling/'
const vortexClient = 'src/vortex/client/'
/** What waits on an agent and on a device is sent by the same lanes. */
const lanes = 'src/vortex/lanes/'
const action = 'src/action/'
const projection = 'src/projection/'
const observable = 'src/observable/'
const evidence = 'src/evidence/'
const reactor = 'src/reactor/'
const rest = 'src/rest/'
const engine = [action, projection, observable, evidence, reactor, 'src/rpc/', 'src/job/', rest]
const lower = [
  kernel,
  config,
  storage,
  eventStore,
  protocol,
  calling,
  vortexClient,
  lanes,
  'src/vortex/server/',
  ...engine,
]
const pluginApi = 'src/plugin-api/'
const pluginHost = 'src/plugin-host/'
/** Searching and following what was recorded. */
const audit = 'src/audit/'
const hostAndBelow = [...lower, pluginApi, pluginHost]
/** Platform read models of the platform itself. */
const readModels = 'projections/'
const sharedDoor = 'src/plugin-api/shared.ts'
const door = 'src/plugin-api/index.ts'
const agentDoor = 'src/plugin-api/agent.ts'
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
  { area: /^src\/vortex\/calling\//, may: [kernel, protocol], packages: [], runsIn: 'browser' },
  { area: /^src\/vortex\/client\//, may: [kernel, protocol, calling], packages: [schemaLibrary], runsIn: 'browser' },
  { area: /^src\/vortex\/lanes\//, may: [kernel, protocol], packages: [], runsIn: 'browser' },
  {
    area: /^src\/vortex\/server\//,
    may: [kernel, protocol, calling],
    packages: ['hono', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/projection\//,
    may: [kernel, eventStore, storage, protocol],
    packages: ['drizzle-orm', schemaLibrary],
    runsIn: 'server',
  },
  {
    // A reactor sees an event exactly as a projection does, and names the actions and jobs it wants; somebody above runs them.
    area: /^src\/reactor\//,
    may: [kernel, eventStore, storage, protocol, projection],
    types: [action, 'src/job/'],
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
  { area: /^src\/rpc\/define-rpc\.ts/, may: [kernel, protocol], packages: [schemaLibrary], runsIn: 'browser' },
  { area: /^src\/rpc\/(rpc-failure|check-call)\.ts/, may: [kernel, protocol], packages: [], runsIn: 'browser' },
  { area: /^src\/rpc\//, may: [kernel, protocol, calling], packages: [schemaLibrary], runsIn: 'server' },
  { area: /^src\/job\/define-job\.ts/, may: [kernel, protocol], packages: [schemaLibrary], runsIn: 'browser' },
  {
    // The page of a plugin's API is made of files that lie in a package; the keys are rows and a file.
    area: /^src\/rest\//,
    may: [kernel, config, storage, protocol, 'src/rpc/'],
    packages: ['@valibot/to-json-schema', 'swagger-ui-dist', schemaLibrary],
    runsIn: 'server',
  },
  {
    // A job's code is handed the database and the calls of its plugin; who makes them stands above. Schedules are read by a library.
    area: /^src\/job\//,
    may: [kernel, eventStore, protocol],
    types: [storage, 'src/rpc/'],
    packages: [schemaLibrary, 'croner'],
    runsIn: 'server',
  },
  {
    // Outside systems, for parts on an agent; of storage only how a transaction ends well.
    area: /^src\/agent-kit\//,
    may: [kernel, storage, protocol],
    packages: ['cockatiel', 'mysql2', 'postgres', 'soap', 'ssh2', schemaLibrary],
    runsIn: 'server',
  },
  {
    area: /^src\/plugin-api\/agent\.ts/,
    may: ['src/agent-kit/'],
    packages: [],
    runsIn: 'server',
  },
  {
    area: /^src\/plugin-api\/shared\.ts/,
    may: [kernel, protocol, 'src/action/define-action.ts', 'src/rpc/define-rpc.ts', 'src/job/define-job.ts'],
    packages: [schemaLibrary],
    runsIn: 'browser',
  },
  {
    area: /^src\/plugin-api\//,
    may: [kernel, config, storage, eventStore, protocol, ...engine],
    packages: ['drizzle-orm', 'hono', schemaLibrary],
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
  {
    area: /^plugins\/[^/]+\/agent\//,
    may: [door, sharedDoor, agentDoor],
    packages: ['hono', schemaLibrary],
    runsIn: 'server',
  },
  { area: /^plugins\/[^/]+\//, may: [door, sharedDoor], packages: [schemaLibrary], runsIn: 'server' },
  { area: /^projections\//, may: [door, sharedDoor], packages: ['drizzle-orm', schemaLibrary], runsIn: 'server' },
  {
    area: /^web\/sdk\//,
    // A screen's calls are checked like those of a part, and fail in the same closed list of ways.
    may: [
      kernel,
      protocol,
      calling,
      vortexClient,
      lanes,
      'src/action/define-action.ts',
      'src/rpc/define-rpc.ts',
      'src/rpc/check-call.ts',
      'src/rpc/rpc-failure.ts',
    ],
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
