/** Every case there is. Loads no client, so that the tests can name the cases. */
import { accessCases } from './cases/access.ts'
import { appendEventCases } from './cases/append-events.ts'
import { appendExpectationCases } from './cases/append-expectations.ts'
import { appendRetryCases } from './cases/append-retries.ts'
import { connectionCases } from './cases/connection.ts'
import { deleteCases } from './cases/delete.ts'
import { groupDeliverCases } from './cases/groups-deliver.ts'
import { groupManageCases } from './cases/groups-manage.ts'
import { groupShareCases } from './cases/groups-share.ts'
import { linkCases } from './cases/links.ts'
import { readAllCases } from './cases/read-all.ts'
import { readStreamCases } from './cases/read-stream.ts'
import { streamMetadataCases } from './cases/stream-metadata.ts'
import { subscribeToAllCases } from './cases/subscribe-to-all.ts'
import { subscribeToStreamCases } from './cases/subscribe-to-stream.ts'
import { userCases } from './cases/users.ts'
import type { ConformanceCase } from './conformance-case.ts'

export const allCases: readonly ConformanceCase[] = [
  ...appendExpectationCases,
  ...appendEventCases,
  ...appendRetryCases,
  ...readStreamCases,
  ...readAllCases,
  ...linkCases,
  ...streamMetadataCases,
  ...deleteCases,
  ...subscribeToStreamCases,
  ...subscribeToAllCases,
  ...groupManageCases,
  ...groupDeliverCases,
  ...groupShareCases,
  ...connectionCases,
  ...accessCases,
  ...userCases,
]
