/** Reads the configuration of every role before anything starts, and settles their ports and their environment. */
import type { Environment } from '#config/environment.ts'
import { type LoadedConfig, loadConfig } from '#config/load-config.ts'
import type { ServiceRole } from '#config/options/role-options.ts'
import type { PortKeeper } from './ports.ts'

/** What a role is started with, beside the addresses of the stores. */
export type RolePlan = { readonly role: ServiceRole; readonly environment: Environment }

export type Plan = {
  readonly roles: readonly RolePlan[]
  /** Empty: start the embedded one. */
  readonly databaseConfigured: string
  readonly eventStoreConfigured: string
}

const portVariables = {
  field: 'PEEK_FIELD_PORT',
  office: 'PEEK_OFFICE_PORT',
  agent: 'PEEK_AGENT_PORT',
  worker: 'PEEK_WORKER_PORT',
} as const

export async function planRoles(options: {
  readonly config: LoadedConfig<'up'>
  readonly roles: readonly ServiceRole[]
  readonly ports: PortKeeper
}): Promise<Plan> {
  const { config, roles, ports } = options
  const { home, values } = config
  // A store configured for logic is meant for all of this home.
  const logic = loadConfig({ role: 'logic', home })
  const link = roles.includes('logic') ? await planLogic(logic, ports) : {}
  const common: Environment = { PEEK_SERVICE_SECRET: values.serviceLink.secret, PEEK_LOG_TO_STDOUT: 'false', ...link }

  const planned: RolePlan[] = []
  for (const role of roles) {
    if (role === 'logic') planned.push({ role, environment: common })
    else
      planned.push({
        role,
        environment: { ...common, [portVariables[role]]: String(await planSitePort(role, home, ports)) },
      })
  }
  return {
    roles: planned,
    databaseConfigured: values.storage.connectUrl || logic.values.storage.connectUrl,
    eventStoreConfigured: values.eventStore.connectionString || logic.values.eventStore.connectionString,
  }
}

async function planLogic({ values }: LoadedConfig<'logic'>, ports: PortKeeper): Promise<Environment> {
  const { host, httpServer } = values
  const site = { owner: 'logic', port: httpServer.admin.sitePort, key: 'PEEK_LOGIC_PORT', host }
  const link = {
    owner: 'logic.serviceLink',
    port: httpServer.serviceLink.sitePort,
    key: 'PEEK_SERVICE_LINK_PORT',
    host,
  }
  return {
    PEEK_LOGIC_PORT: String(await ports.choose(site)),
    PEEK_SERVICE_LINK_PORT: String(await ports.choose(link)),
    // By number: "localhost" may mean IPv6 first, where a site that listens on 127.0.0.1 is not.
    PEEK_SERVICE_LINK_HOST: host === '0.0.0.0' || host === 'localhost' ? '127.0.0.1' : host,
  }
}

function planSitePort(role: Exclude<ServiceRole, 'logic'>, home: string, ports: PortKeeper): Promise<number> {
  const { host, httpServer } = (loadConfig({ role, home }) as LoadedConfig<'agent'>).values
  return ports.choose({ owner: role, port: httpServer.sitePort, key: portVariables[role], host })
}
