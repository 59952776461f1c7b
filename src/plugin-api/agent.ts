/** The door to the outbound kit: what a plugin's part on an agent talks to outside systems with. */
export type { CallFigures } from '#agent-kit/guard/call-figures.ts'
export type { OutsideContext, Patience } from '#agent-kit/guard/guard.ts'
export {
  isOutsideFailure,
  OutsideFailure,
  type OutsideFailureKind,
  outsideFailureKinds,
} from '#agent-kit/guard/outside-failure.ts'
export { type AnswerShape, record } from '#agent-kit/http/answer-shape.ts'
export type { HttpTls } from '#agent-kit/http/exchange.ts'
export {
  createHttpClient,
  type HttpAnswer,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '#agent-kit/http/http-client.ts'
export { readSecrets } from '#agent-kit/read-secrets.ts'
export {
  createSoapClient,
  type SoapCall,
  type SoapClient,
  type SoapClientOptions,
} from '#agent-kit/soap/soap-client.ts'
export {
  openSqlDatabase,
  type SqlCall,
  type SqlDatabase,
  type SqlDatabaseOptions,
  type SqlQueries,
} from '#agent-kit/sql/sql-database.ts'
export type { SqlRow, SqlValue } from '#agent-kit/sql/sql-driver.ts'
export type { SshResult } from '#agent-kit/ssh/run-command.ts'
export { openSsh, type Ssh, type SshCall, type SshOptions } from '#agent-kit/ssh/ssh.ts'
