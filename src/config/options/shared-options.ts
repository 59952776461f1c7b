/** Options that several services have. */
import { integer, madeSecret, oneOf, port, text, toggle } from '../option.ts'

export const serviceSecretLengthMin = 16

export const hostOption = text({
  words: 'Address the sites listen on; 127.0.0.1 is this machine only, 0.0.0.0 the whole network.',
  default: '127.0.0.1',
  variable: 'PEEK_HOST',
})

export const serviceSecretOption = madeSecret({
  words: 'Proves a service to logic. The same for every service of one Peek: copy it to services on other machines.',
  lengthMin: serviceSecretLengthMin,
  variable: 'PEEK_SERVICE_SECRET',
  make: (source) => source.serviceSecret(),
})

/** For the services that dial logic. */
export const serviceLinkOptions = {
  host: text({ words: 'Machine logic runs on.', default: 'localhost', variable: 'PEEK_SERVICE_LINK_HOST' }),
  port: port({ words: 'Port of the service link of logic.', default: 8011, variable: 'PEEK_SERVICE_LINK_PORT' }),
  secret: serviceSecretOption,
}

export const storageOptions = {
  connectUrl: text({
    words: 'PostgreSQL, postgres://user:password@host:5432/database; empty: the embedded one.',
    default: '',
    variable: 'DATABASE_URL',
    isSecret: true,
  }),
}

export const eventStoreOptions = {
  connectionString: text({
    words: 'EventStoreDB or KurrentDB, kurrentdb://host:2113?tls=false; empty: the embedded one.',
    default: '',
    variable: 'PEEK_EVENT_STORE',
    isSecret: true,
  }),
}

export const loggingOptions = {
  level: oneOf({
    words: 'The least important lines that are kept.',
    choices: ['debug', 'info', 'warning', 'error'],
    default: 'info',
    variable: 'PEEK_LOG_LEVEL',
  }),
  logToStdout: toggle({
    words: 'Whether lines also go to the console, as readable text.',
    default: true,
    variable: 'PEEK_LOG_TO_STDOUT',
  }),
  fileSizeBytesMax: integer({
    words: 'A log file longer than this is put aside and a new one begun.',
    default: 10 * 1024 * 1024,
    min: 64 * 1024,
    max: 1024 * 1024 * 1024,
  }),
  fileCountMax: integer({ words: 'How many log files are kept.', default: 5, min: 1, max: 1000 }),
}

export const pluginFolderOption = text({
  words: 'Folder that holds the plugins; empty: those that come with Peek.',
  default: '',
  variable: 'PEEK_PLUGIN_FOLDER',
})
