import { Window } from 'happy-dom'

/**
 * What Bun has itself and must keep: its own fetch, timers, streams and crypto work against real servers, and
 * happy-dom's would shadow them for everything that runs in the same test process.
 */
const keptFromBun = new Set([
  'AbortController',
  'AbortSignal',
  'Blob',
  'Buffer',
  'File',
  'FormData',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'TransformStream',
  'URL',
  'URLSearchParams',
  'WebSocket',
  'WritableStream',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'setInterval',
  'setTimeout',
  'structuredClone',
])

/** Puts a window's names where browser code looks for them: on `globalThis`. */
export function installBrowserGlobals(): void {
  const window = new Window({ url: 'http://localhost/', width: 1280, height: 800 })
  for (const name of windowNames(window)) {
    if (keptFromBun.has(name) || isOfTheLanguage(name)) continue
    const value: unknown = Reflect.get(window, name)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  Object.defineProperty(globalThis, 'window', { value: globalThis, configurable: true, writable: true })
}

function windowNames(window: object): Set<string> {
  const names = new Set<string>()
  for (let layer: object | null = window; layer !== null; layer = Object.getPrototypeOf(layer)) {
    if (layer === Object.prototype) break
    for (const name of Object.getOwnPropertyNames(layer)) names.add(name)
  }
  names.delete('constructor')
  return names
}

/** `Array`, `Promise` and the like: a window has its own, and two of each break `instanceof`. */
function isOfTheLanguage(name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name)
  return descriptor !== undefined && !browserOnlyInBun.has(name)
}

/** Names Bun defines too, but whose happy-dom version must be used with its documents. */
const browserOnlyInBun = new Set([
  'Event',
  'EventTarget',
  'CustomEvent',
  'ErrorEvent',
  'MessageEvent',
  'CloseEvent',
  'navigator',
  'DOMException',
  'addEventListener',
  'removeEventListener',
  'dispatchEvent',
])
