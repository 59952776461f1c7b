/**
 * The services as grpc-js wants them. Messages pass as raw bytes both ways: the handlers decode what they need, and
 * stored events leave without being touched.
 */
import type { MethodDefinition } from '@grpc/grpc-js'

type RawMethod = MethodDefinition<Buffer, Buffer>

const sameBytes = (bytes: Buffer): Buffer => bytes

function method(path: string, requestStream: boolean, responseStream: boolean): RawMethod {
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
  read: method(`${streams}/Read`, false, true),
  append: method(`${streams}/Append`, true, false),
  delete: method(`${streams}/Delete`, false, false),
  tombstone: method(`${streams}/Tombstone`, false, false),
  batchAppend: method(`${streams}/BatchAppend`, true, true),
}

export const gossipService = {
  read: method('/event_store.client.gossip.Gossip/Read', false, false),
}

export const serverFeaturesService = {
  getSupportedMethods: method('/event_store.client.server_features.ServerFeatures/GetSupportedMethods', false, false),
}
