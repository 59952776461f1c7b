import { createAppendHandler } from './append-handler.ts'
import { createBatchAppendHandler } from './batch-append-handler.ts'
import { createDeleteHandler } from './delete-handler.ts'
import type { GrpcService, ServiceContext } from './grpc-service.ts'
import { createReadHandler } from './read-handler.ts'
import { streamsService } from './service-definitions.ts'

const service = 'event_store.client.streams.streams'

/** Appending, reading, following and deleting streams. */
export function createStreamsService(context: ServiceContext): GrpcService {
  return {
    definition: streamsService,
    handlers: {
      read: createReadHandler(context),
      append: createAppendHandler(context),
      batchAppend: createBatchAppendHandler(context),
      delete: createDeleteHandler(context, 'delete'),
      tombstone: createDeleteHandler(context, 'tombstone'),
    },
    supported: [
      { service, method: 'append' },
      { service, method: 'batchappend', features: ['deadline_duration'] },
      { service, method: 'read', features: ['position', 'events'] },
      { service, method: 'delete' },
      { service, method: 'tombstone' },
    ],
  }
}
