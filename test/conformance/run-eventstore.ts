/** All cases with the official client of before: `bun <this file> <order>`, or its bundle under Node. */
import { openEventStoreClient } from './eventstore-client.ts'
import { runConformance } from './runner.ts'

await runConformance('eventstore', openEventStoreClient)
