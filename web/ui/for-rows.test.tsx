import { expect, test } from 'bun:test'
import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { ForRows } from './for-rows.tsx'

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `row ${index}` }))

function show(count: number) {
  const [rows, setRows] = createSignal(rowsOf(count))
  const root = document.createElement('ul')
  const dispose = render(() => <ForRows each={rows()}>{(row) => <li>{row.name}</li>}</ForRows>, root)
  const names = () => [...root.querySelectorAll('li')].map(({ textContent }) => textContent)
  const untilCount = async (wanted: number) => {
    while (names().length !== wanted) await Bun.sleep(1)
  }
  return { root, names, setRows, dispose, untilCount }
}

test('a long list begins with what fills a screen, and is whole soon after', async () => {
  const { names, dispose, untilCount } = show(50)
  expect(names()).toEqual(rowsOf(8).map(({ name }) => name))
  await untilCount(50)
  expect(names()).toEqual(rowsOf(50).map(({ name }) => name))
  dispose()
})

test('a list that has been whole shows at once what is added to it', async () => {
  const { names, setRows, dispose } = show(3)
  setRows(rowsOf(40))
  expect(names()).toHaveLength(40)
  dispose()
})

test('rows that come in the middle are shown like the others', async () => {
  const { names, setRows, dispose, untilCount } = show(0)
  setRows(rowsOf(30))
  setRows([{ name: 'first' }, ...rowsOf(60)])
  expect(names()[0]).toBe('first')
  await untilCount(61)
  dispose()
})

test('a row stays the same element while others come', async () => {
  const { root, setRows, dispose, untilCount } = show(0)
  const all = rowsOf(50)
  setRows(all)
  const [first, second] = root.children
  setRows([...all.slice(1, 3), ...all.slice(0, 1), ...all.slice(3)])
  await untilCount(50)
  expect(root.children[0]).toBe(second)
  expect(root.children[2]).toBe(first)
  dispose()
})

test('nothing goes on when the list is gone', () => {
  const asked = new Set<unknown>()
  const real = { requestAnimationFrame, cancelAnimationFrame }
  Object.assign(globalThis, {
    requestAnimationFrame: () => asked.add('frame').size,
    cancelAnimationFrame: () => asked.delete('frame'),
  })
  try {
    const { dispose } = show(50)
    expect(asked.size).toBe(1)
    dispose()
    expect(asked.size).toBe(0)
  } finally {
    Object.assign(globalThis, real)
  }
})
