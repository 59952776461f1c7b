/**
 * The one place that reads the environment: every variable Peek knows, with what it does.
 *
 * Everything else receives values. A variable that is set but empty counts as not set.
 */
import { nearestName } from '#kernel/nearest.ts'

export const environmentVariables = {
  PEEK_HOME:
    'Folder that holds everything of one Peek: configuration, logs, embedded stores. Default: .peek in the project.',
  PEEK_HOST: 'Address every site listens on. Default 127.0.0.1; 0.0.0.0 opens it to the network.',
  DATABASE_URL: 'PostgreSQL to use, postgres://user:password@host:5432/database. Not set: an embedded one.',
  PEEK_EVENT_STORE: 'EventStoreDB or KurrentDB to use, kurrentdb://host:2113?tls=false. Not set: an embedded one.',
  PEEK_LOGIC_PORT: 'Port of the admin site of logic. Default 8010; 0 picks a free one, as for every port here.',
  PEEK_SERVICE_LINK_PORT: 'Port on which the other services reach logic. Default 8011.',
  PEEK_SERVICE_LINK_HOST: 'Machine on which the other services reach logic. Default localhost.',
  PEEK_SERVICE_SECRET: 'Secret that proves a service to logic. Default: made once for each home folder.',
  PEEK_FIELD_PORT: 'Port of the field app. Default 8000.',
  PEEK_OFFICE_PORT: 'Port of the office app. Default 8002.',
  PEEK_AGENT_PORT: 'Port of the agent site. Default 8020.',
  PEEK_AGENT_NAME: 'Name by which calls choose this agent. Default: the name of the machine.',
  PEEK_AGENT_ZONE: 'Part of the network the agent stands in. Default main.',
  PEEK_AGENT_TLS_CERTIFICATE: 'File with the certificate of the agent site, in PEM. Not set: plain HTTP.',
  PEEK_AGENT_TLS_KEY: 'File with the private key of that certificate, in PEM.',
  PEEK_WORKER_NAME: 'Name by which calls choose this worker. Default: the name of the machine.',
  PEEK_WORKER_ZONE: 'Part of the network the worker stands in. Default main.',
  PEEK_WORKER_PLACES: 'How many jobs a worker runs at once. Default 0: half as many as there are processor cores.',
  PEEK_WORKER_PORT: 'Port of the worker health site. Default 0.',
  PEEK_EVENT_STORE_PORT: 'Port of the embedded event store. Default 0: free, then always the same.',
  PEEK_POSTGRES_PORT: 'Port of the embedded PostgreSQL. Default 0: free, then always the same.',
  PEEK_PLUGINS: 'Plugins to run, divided by commas. Default tutorial.',
  PEEK_PLUGIN_FOLDER: 'Folder that holds the plugins. Default: the plugins that come with Peek.',
  PEEK_LOG_LEVEL: 'debug, info, warning or error. Default info.',
  PEEK_LOG_TO_STDOUT: 'true or false: whether a service also writes its log to the console. Default true.',
  PEEK_SEED: 'Number that random tests begin with. Default: for `test` one that follows from the commit, else any.',
  PEEK_CHROMIUM: 'Chromium program for the browser tests. Default: looked for.',
  NO_COLOR: 'Any value: no colour on the console.',
  CI: 'Any value: plain output, one line a change.',
} as const

export type VariableName = keyof typeof environmentVariables
export type Environment = { readonly [K in VariableName]?: string }

export function readEnvironment(source: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const names = Object.keys(environmentVariables).filter((name) => (source[name] ?? '') !== '')
  return Object.fromEntries(names.map((name) => [name, source[name]]))
}

/** The whole environment of this process with additions, for a child process; `undefined` takes a variable away. */
export function environmentForChild(additions: { readonly [K in VariableName]?: string | undefined }) {
  return { ...process.env, ...additions }
}

/** Where programs, a home, scratch space, certificates and the way out are, and how time and text are written. */
const plainVariables = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH'],
  ...['LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'LC_COLLATE', 'LC_NUMERIC', 'LC_TIME', 'LC_MESSAGES', 'TZ', 'NO_COLOR'],
  ...['NODE_ENV', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
]

/**
 * What a process that runs the code of plugins is given: nothing that opens a store or proves a service, and nothing that
 * was set for another program. What a job needs beside that are settings of its plugin.
 */
export function environmentForPluginCode(
  source: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  return Object.fromEntries(plainVariables.flatMap((name) => (source[name] ? [[name, source[name]]] : [])))
}

/** One sentence for each variable that looks like ours and is not: a mistyped name would else be ignored in silence. */
export function findMistypedVariables(source: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const known = Object.keys(environmentVariables)
  return Object.keys(source)
    .filter((name) => name.startsWith('PEEK_') && !known.includes(name))
    .map((name) => {
      const meant = nearestName(name, known)
      return `The environment variable ${name} is not known${meant ? `; did you mean ${meant}?` : '.'}`
    })
}

export function describeEnvironment(): string {
  const width = Math.max(...Object.keys(environmentVariables).map((name) => name.length))
  return Object.entries(environmentVariables)
    .map(([name, words]) => `  ${name.padEnd(width)}  ${words}`)
    .join('\n')
}
