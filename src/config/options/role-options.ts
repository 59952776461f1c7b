/** Which options each role has: the shape of `<home>/<role>/config.json`. */
import { integer, madeSecret, oneOf, port, text, textList, toggle, type ValuesOf } from '../option.ts'
import {
  eventStoreOptions,
  hostOption,
  loggingOptions,
  pluginFolderOption,
  serviceLinkOptions,
  serviceSecretOption,
  storageOptions,
} from './shared-options.ts'
import { vortexOptions } from './vortex-options.ts'

const logic = {
  host: hostOption,
  httpServer: {
    admin: {
      sitePort: port({ words: 'Port of the admin site.', default: 8010, variable: 'PEEK_LOGIC_PORT' }),
      recoveryUser: {
        username: text({ words: 'Administrator who can always sign in.', default: 'recovery' }),
        password: madeSecret({
          words: 'Password of that administrator.',
          lengthMin: 8,
          make: (source) => source.makeSecret(32),
        }),
      },
    },
    serviceLink: {
      sitePort: port({
        words: 'Port on which the other services reach logic.',
        default: 8011,
        variable: 'PEEK_SERVICE_LINK_PORT',
      }),
    },
  },
  serviceLink: { secret: serviceSecretOption },
  storage: storageOptions,
  eventStore: eventStoreOptions,
  audit: {
    anchorFolder: text({
      words:
        'A second folder for the anchors of the hash chain, best on another machine or on a medium that is written once; empty: only beside our own data.',
      default: '',
    }),
  },
  plugin: {
    enabled: textList({ words: 'Plugins to run.', default: ['tutorial'], variable: 'PEEK_PLUGINS' }),
    folder: pluginFolderOption,
  },
  logging: loggingOptions,
  vortex: vortexOptions,
}

const field = {
  host: hostOption,
  httpServer: { sitePort: port({ words: 'Port of the field app.', default: 8000, variable: 'PEEK_FIELD_PORT' }) },
  serviceLink: serviceLinkOptions,
  eventStore: eventStoreOptions,
  plugin: { folder: pluginFolderOption },
  offlineApp: toggle({
    words:
      'Browsers keep the app, so that it starts without a network. Off: they remove what they kept as soon as they ask again; what people did and is not sent yet stays on their devices.',
    default: true,
  }),
  logging: loggingOptions,
  vortex: vortexOptions,
}

const office = {
  ...field,
  httpServer: { sitePort: port({ words: 'Port of the office app.', default: 8002, variable: 'PEEK_OFFICE_PORT' }) },
}

/** They travel in frames, an agent's name with a word before it, and stand in tables. */
const nameLengthMax = 100

/** Of services that there may be many of. */
const instanceOptions = (role: 'agent' | 'worker') => ({
  name: text({
    words: `By this name calls choose this ${role} among others; empty: the name of the machine.`,
    default: '',
    lengthMax: nameLengthMax,
    variable: role === 'agent' ? 'PEEK_AGENT_NAME' : 'PEEK_WORKER_NAME',
  }),
  zone: text({
    words: `The part of the network this ${role} stands in; calls may choose by it.`,
    default: 'main',
    lengthMax: nameLengthMax,
    variable: role === 'agent' ? 'PEEK_AGENT_ZONE' : 'PEEK_WORKER_ZONE',
  }),
})

const agent = {
  instance: instanceOptions('agent'),
  host: hostOption,
  httpServer: {
    sitePort: port({ words: 'Port of the agent site.', default: 8020, variable: 'PEEK_AGENT_PORT' }),
    tls: {
      certificateFile: text({
        words:
          'File with the certificate that the site shows, in PEM, those between it and its authority behind it; empty: the site speaks plain HTTP.',
        default: '',
        variable: 'PEEK_AGENT_TLS_CERTIFICATE',
      }),
      keyFile: text({
        words: 'File with its private key, in PEM, without a passphrase, not readable by everybody.',
        default: '',
        variable: 'PEEK_AGENT_TLS_KEY',
      }),
    },
  },
  serviceLink: serviceLinkOptions,
  queue: {
    actionCountMax: integer({
      words: 'How many actions may wait on the disk for logic.',
      default: 100_000,
      min: 1,
      max: 10_000_000,
    }),
    sizeMebibytesMax: integer({
      words: 'How much of the disk they may take, in MiB.',
      default: 256,
      min: 1,
      max: 1_000_000,
    }),
  },
  plugin: { folder: pluginFolderOption },
  logging: loggingOptions,
}

/** Of a worker: how it carries out background jobs. */
const jobs = {
  placesMax: integer({
    words: 'So many jobs run here at once; 0: half as many as there are processor cores, at least 1.',
    default: 0,
    min: 0,
    max: 1_024,
    variable: 'PEEK_WORKER_PLACES',
  }),
  spareProcesses: integer({
    words: 'So many processes wait for a job, so that a job does not wait for a process to start.',
    default: 1,
    min: 0,
    max: 64,
  }),
  jobsPerProcessMax: integer({
    words: 'A process that ran so many jobs is ended: what jobs leave behind adds up.',
    default: 100,
    min: 1,
    max: 1_000_000,
  }),
  processMemoryMiBMax: integer({
    words:
      'A job whose process takes more memory is ended and has failed; above half of it the process is not used again.',
    default: 512,
    min: 64,
    max: 1_048_576,
  }),
  leaseMs: integer({
    words: 'So long after the last word of a worker its job is given to another one.',
    default: 30_000,
    min: 1_000,
    max: 3_600_000,
  }),
}

const worker = {
  jobs,
  instance: instanceOptions('worker'),
  host: hostOption,
  httpServer: { sitePort: port({ words: 'Port of the health site.', default: 0, variable: 'PEEK_WORKER_PORT' }) },
  serviceLink: serviceLinkOptions,
  storage: storageOptions,
  eventStore: eventStoreOptions,
  plugin: { folder: pluginFolderOption },
  logging: loggingOptions,
}

/** The supervisor of `bun run up`. */
const up = {
  run: {
    logic: toggle({ words: 'Whether logic runs here.', default: true }),
    field: toggle({ words: 'Whether field runs here.', default: true }),
    office: toggle({ words: 'Whether office runs here.', default: true }),
    agent: toggle({ words: 'Whether an agent runs here.', default: true }),
    worker: toggle({ words: 'Whether a worker runs here.', default: true }),
  },
  restart: {
    firstDelayMs: integer({ words: 'Wait before a dead part is started again.', default: 100, min: 1, max: 60_000 }),
    delayMsMax: integer({
      words: 'The longest wait, when it dies again and again.',
      default: 10_000,
      min: 1,
      max: 3_600_000,
    }),
    forgivenAfterMs: integer({
      words: 'A part that stayed up this long starts again as if it had never died.',
      default: 30_000,
      min: 1,
      max: 3_600_000,
    }),
  },
  stop: {
    timeoutMs: integer({
      words: 'How long a part may take to stop in order.',
      default: 15_000,
      min: 100,
      max: 600_000,
    }),
  },
  embedded: {
    eventStorePort: port({
      words: 'Port of the embedded event store; 0: a free one, then always the same.',
      default: 0,
      variable: 'PEEK_EVENT_STORE_PORT',
    }),
    eventStoreDurability: oneOf({
      words:
        'When the embedded event store answers an append: "full", once it survives a power failure; "normal", a little earlier: the last moments may be lost when the power fails, not when a process dies.',
      choices: ['full', 'normal'],
      default: 'full',
    }),
    postgresPort: port({
      words: 'Port of the embedded PostgreSQL; 0: a free one, then always the same.',
      default: 0,
      variable: 'PEEK_POSTGRES_PORT',
    }),
  },
  serviceLink: { secret: serviceSecretOption },
  storage: storageOptions,
  eventStore: eventStoreOptions,
  logging: loggingOptions,
}

export const roleOptions = { logic, field, office, agent, worker, up }
export type ConfigRole = keyof typeof roleOptions
/** A role that is a service of its own. */
export type ServiceRole = Exclude<ConfigRole, 'up'>
export const serviceRoles = ['logic', 'field', 'office', 'agent', 'worker'] as const satisfies readonly ServiceRole[]
export type ConfigOf<R extends ConfigRole> = ValuesOf<(typeof roleOptions)[R]>
