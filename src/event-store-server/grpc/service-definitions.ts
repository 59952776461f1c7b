/**
 * The services as grpc-js wants them. Messages pass as raw bytes both ways: the handlers decode what they need, and
 * stored events leave without being touched.
 */
import type { MethodDefinition } from '@grpc/grpc-js'

type RawMethod = MethodDefinition<Buffer, Buffer>

const sameBytes = (bytes: Buffer): Buffer => bytes

export function rawMethod(path: string, requestStream: boolean, responseStream: boolean): RawMethod {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: sameBytes,
    requestDeserialize: sameBytes,
    responseSerialize: sameBytes,
    responseDeserialize: sameBytes,
  }
}

const streams = '/event_store.client.streams.Streams'

export const streamsService = {
  read: rawMethod(`${streams}/Read`, false, true),
  append: rawMethod(`${streams}/Append`, true, false),
  delete: rawMethod(`${streams}/Delete`, false, false),
  tombstone: rawMethod(`${streams}/Tombstone`, false, false),
  batchAppend: rawMethod(`${streams}/BatchAppend`, true, true),
}

export const gossipService = {
  read: rawMethod('/event_store.client.gossip.Gossip/Read', false, false),
}

export const serverFeaturesService = {
  getSupportedMethods: rawMethod(
    '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
    false,
    false,
  ),
}

export const monitoringService = {
  stats: rawMethod('/event_store.client.monitoring.Monitoring/Stats', false, true),
}

const persistentSubscriptions = '/event_store.client.persistent_subscriptions.PersistentSubscriptions'

export const persistentSubscriptionsService = {
  create: rawMethod(`${persistentSubscriptions}/Create`, false, false),
  update: rawMethod(`${persistentSubscriptions}/Update`, false, false),
  delete: rawMethod(`${persistentSubscriptions}/Delete`, false, false),
  read: rawMethod(`${persistentSubscriptions}/Read`, true, true),
  getInfo: rawMethod(`${persistentSubscriptions}/GetInfo`, false, false),
  replayParked: rawMethod(`${persistentSubscriptions}/ReplayParked`, false, false),
  list: rawMethod(`${persistentSubscriptions}/List`, false, false),
  restartSubsystem: rawMethod(`${persistentSubscriptions}/RestartSubsystem`, false, false),
}
