/** All cases with the official client of today: `bun <this file> <order>`, or its bundle under Node. */
import { openKurrentClient } from './kurrent-client.ts'
import { runConformance } from './runner.ts'

await runConformance('kurrent', openKurrentClient)
