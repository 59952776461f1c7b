import { expect, test } from 'bun:test'
import { cleanup, render } from '@solidjs/testing-library'
import { createSignal } from 'solid-js'
import { SvgIcon } from './svg-icon.tsx'

const minus = { name: 'minus', node: [['path', { d: 'M5 12h14', key: '1ays0h' }]] } as const

test('each copy of a drawing has its own attributes, and follows them', () => {
  const [size, setSize] = createSignal('size-5')
  const { container } = render(() => (
    <>
      <SvgIcon icon={minus} class={size()} aria-hidden="true" />
      <SvgIcon icon={minus} class="size-4" data-testid="second" />
    </>
  ))
  const [first, second] = container.querySelectorAll('svg')
  expect(first?.getAttribute('viewBox')).toBe('0 0 24 24')
  expect(first?.querySelector('path')?.getAttribute('d')).toBe('M5 12h14')
  expect(first?.querySelector('path')?.hasAttribute('key')).toBe(false)
  expect(first?.getAttribute('aria-hidden')).toBe('true')
  expect([first, second].map((each) => each?.getAttribute('class'))).toEqual(['size-5', 'size-4'])
  setSize('size-6')
  expect([first, second].map((each) => each?.getAttribute('class'))).toEqual(['size-6', 'size-4'])
  expect(second?.getAttribute('data-testid')).toBe('second')
  cleanup()
})

test('a drawing takes what the icons of the library take', () => {
  const { container } = render(() => (
    <>
      <SvgIcon icon={minus} />
      <SvgIcon icon={minus} size={48} strokeWidth={3} absoluteStrokeWidth color="red" aria-label="less" />
      <SvgIcon icon={minus}>
        <title>less</title>
      </SvgIcon>
    </>
  ))
  const [plain, large, titled] = container.querySelectorAll('svg')
  const attributes = (names: string[]) => names.map((name) => large?.getAttribute(name))
  expect(attributes(['width', 'height', 'stroke-width', 'stroke', 'aria-label'])).toEqual([
    '48',
    '48',
    '1.5',
    'red',
    'less',
  ])
  expect([plain, large, titled].map((each) => each?.getAttribute('aria-hidden') ?? null)).toEqual(['true', null, null])
  expect(titled?.querySelector('title')?.textContent).toBe('less')
  cleanup()
})
