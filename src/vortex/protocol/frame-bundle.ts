/**
 * Several frames in one message, for services that exchange tens of thousands a second, and for devices that come back with
 * thousands of actions: a message costs a system call at both ends, a frame in it next to nothing.
 *
 *     *61,58\n{"k":"reply","req":7}\n{...}{"k":"reply","req":8}\n{...}
 *
 * The first line says how many characters each frame has, so that no body, whatever it holds, can pass for another frame.
 */
const mark = '*'

export function isBundle(text: string): boolean {
  return text.startsWith(mark)
}

export function bundleFrames(frames: readonly string[]): string {
  return `${mark}${frames.map((frame) => frame.length).join(',')}\n${frames.join('')}`
}

/** The frames of a message, however many they are; a bundle that cannot be taken apart stays one frame, which is none. */
export function framesOf(text: string): readonly string[] {
  return (isBundle(text) ? unbundleFrames(text) : undefined) ?? [text]
}

/** Undefined when the lengths do not add up. Read by hand: this is done for every message of a busy link. */
export function unbundleFrames(text: string): readonly string[] | undefined {
  const headEnd = text.indexOf('\n')
  const frames: string[] = []
  let at = headEnd + 1
  let length = 0
  for (let index = mark.length; index <= headEnd; index++) {
    const code = text.charCodeAt(index)
    if (code >= digit0 && code <= digit9) {
      length = length * 10 + (code - digit0)
    } else {
      if (index < headEnd && code !== comma) return undefined
      if (length === 0 || at + length > text.length) return undefined
      frames.push(text.slice(at, at + length))
      at += length
      length = 0
    }
  }
  return frames.length > 0 && at === text.length ? frames : undefined
}

const [digit0, digit9, comma] = [48, 57, 44]
