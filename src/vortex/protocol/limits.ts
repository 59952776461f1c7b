/** Bounds of a connection (V4) and its heartbeats (V3). A service's configuration may set others. */
export const defaultLimits = {
  greetingTimeoutMs: 5_000,
  beatMs: 10_000,
  silenceMs: 30_000,
  /** One frame from a device. */
  frameSizeBytesMax: 256 * 1024,
  /** Characters of one request's body from a device. */
  bodySizeMax: 256 * 1024,
  /** Sustained frames a second from one connection, and how many may come at once. */
  framesPerSecondMax: 200,
  framesBurstMax: 1_000,
  /** Bytes waiting for a slow connection before it is closed, to resume later. */
  queuedBytesMax: 4 * 1024 * 1024,
  observationsMax: 500,
  /** Actions and requests of one connection without an answer yet. */
  requestsInFlightMax: 1_000,
  sessionsPerAddressMax: 10_000,
  /** Bad frames forgiven before the connection is closed. */
  badFramesMax: 100,
} as const
export type Limits = { readonly [K in keyof typeof defaultLimits]: number }

/** Characters of several frames that a device, or an edge to it, puts into one message... */
export const deviceBundleLengthMax = 21 * 1024
/** ... so that they are no more bytes than this, whatever the characters are. */
export const bundleSizeBytesMax = 64 * 1024
export const serviceBundleLengthMax = 32 * 1024

/** Frames at least this long travel as gzip. */
export const gzipFromBytes = 4 * 1024

/** Characters of one body between services. */
export const serviceBodySizeMax = 64 * 1024 * 1024
