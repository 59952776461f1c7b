import { expect, test } from 'bun:test'
import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library'
import { RecordMarks } from './record-marks.tsx'

type Mark = Parameters<typeof RecordMarks>[0]['of'] extends { list(): readonly (infer M)[] } ? M : never
const mark = (id: string, state: Mark['state'], words = ''): Mark => ({ id, state, title: `Title ${id}`, words })

test('each state is said in words, several of one in one, and why in the title', () => {
  const list = [
    mark('1', 'kept'),
    mark('2', 'kept'),
    mark('3', 'sending'),
    mark('4', 'refused', 'No.'),
    mark('5', 'unanswered'),
  ]
  render(() => <RecordMarks of={{ list: () => list, dismiss: () => undefined }} />)
  expect(screen.getByText('Kept, not sent yet (2)').title).toBe('Title 1, Title 2')
  expect(screen.getByText('Sending').title).toBe('Title 3')
  expect(screen.getByText('No answer yet').title).toBe('Title 5')
  expect(screen.getByText('Refused').title).toBe('Title 4: No.')
  expect(screen.queryByText('Needs attention')).toBeNull()
  cleanup()
})

test('what was done in another way is told until it is seen off', () => {
  const seen: string[] = []
  const list = [mark('1', 'changed', 'Took 3, there were no more.')]
  render(() => <RecordMarks of={{ list: () => list, dismiss: (id) => seen.push(id) }} />)
  expect(screen.getByRole('status').textContent).toContain('Done with a change: Took 3, there were no more.')
  fireEvent.click(screen.getByLabelText('Dismiss'))
  expect(seen).toEqual(['1'])
  cleanup()
})
