/** Bounds of the connections a service accepts. The defaults are those of the protocol; a test compares them. */
import { integer } from '../option.ts'

const hourMs = 3_600_000

export const vortexOptions = {
  greetingTimeoutMs: integer({
    words: 'How long a new connection may take to greet.',
    default: 5_000,
    min: 100,
    max: hourMs,
  }),
  beatMs: integer({ words: 'How often both ends send a sign of life.', default: 10_000, min: 50, max: hourMs }),
  silenceMs: integer({
    words: 'After how much silence a connection is given up.',
    default: 30_000,
    min: 100,
    max: hourMs,
  }),
  frameSizeBytesMax: integer({
    words: 'The longest frame a device may send.',
    default: 256 * 1024,
    min: 1024,
    max: 64 * 1024 * 1024,
  }),
  bodySizeMax: integer({
    words:
      'The longest body of a request from a device, in characters; what is longer than a frame should be travels in parts.',
    default: 256 * 1024,
    min: 1024,
    max: 64 * 1024 * 1024,
  }),
  framesPerSecondMax: integer({
    words:
      'Sustained frames a second from one connection; an action that comes in one message with others counts for a tenth.',
    default: 200,
    min: 1,
    max: 1_000_000,
  }),
  framesBurstMax: integer({ words: 'Frames that may come at once.', default: 1_000, min: 1, max: 1_000_000 }),
  queuedBytesMax: integer({
    words: 'Bytes that may wait for a slow connection before it is closed, to resume later.',
    default: 4 * 1024 * 1024,
    min: 64 * 1024,
    max: 1024 * 1024 * 1024,
  }),
  observationsMax: integer({ words: 'Observations of one session.', default: 500, min: 1, max: 100_000 }),
  requestsInFlightMax: integer({
    words: 'Unanswered requests of one connection.',
    default: 1_000,
    min: 1,
    max: 1_000_000,
  }),
  sessionsPerAddressMax: integer({ words: 'Sessions from one address.', default: 10_000, min: 1, max: 1_000_000 }),
  badFramesMax: integer({
    words: 'Bad frames forgiven before a connection is closed.',
    default: 100,
    min: 0,
    max: 1_000_000,
  }),
}
