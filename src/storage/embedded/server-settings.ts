/**
 * Command line settings of the embedded server. What protects data (fsync, full_page_writes, checksums) stays as
 * Postgres ships it. An adopted server keeps the settings it was started with: what a client depends on belongs on the
 * client's connection.
 */
export type ServerSettings = Readonly<Record<string, string>>

export const defaultServerSettings: ServerSettings = {
  listen_addresses: '127.0.0.1',
  // Clients come over the loopback; a socket file would add a path length limit and a folder the server can write.
  unix_socket_directories: '',
  max_connections: '100',
  jit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  log_checkpoints: 'off',
  // Containers often give 64 MB of shared memory files, which a parallel query outgrows.
  max_parallel_workers_per_gather: '0',
}

export function toSettingArgs(settings: ServerSettings): string[] {
  return Object.entries({ ...defaultServerSettings, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
}
