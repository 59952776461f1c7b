import { expect, test } from 'bun:test'
import { bundleFrames, isBundle, unbundleFrames } from './frame-bundle.ts'

test('a bundle holds its frames, whatever is in them', () => {
  const frames = ['{"k":"beat"}', '{"k":"reply","req":1}\n*3,4\n{"k":"act"}', '{"x":"😀\u001e"}']
  const bundle = bundleFrames(frames)
  expect(isBundle(bundle)).toBe(true)
  expect(unbundleFrames(bundle)).toEqual(frames)
})

test('a frame is no bundle', () => expect(isBundle('{"k":"beat"}')).toBe(false))

test.each([
  '*',
  '*\n',
  '*3',
  '*3\nab',
  '*1,2\nabcd',
  '*0\n',
  '*-1\na',
  '*1e1\na',
  '*1,\na',
  '* 1\na',
  '*9999999999\na',
])('S3 %p is no bundle that can be taken apart', (text) => expect(unbundleFrames(text)).toBeUndefined())
