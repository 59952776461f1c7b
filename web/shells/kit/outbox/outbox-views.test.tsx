import { afterEach, describe, expect, test } from 'bun:test'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@solidjs/testing-library'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { createFakeOutbox, type FakeOutbox } from '#web/sdk/testing/fake-outbox.ts'
import { anOutboxRecord } from '#web/sdk/testing/outbox-record.ts'
import { ActionView } from './action-view.tsx'
import type { HelpDesk } from './help-desk.ts'
import { OutboxHistory } from './outbox-history.tsx'
import { OutboxLists } from './outbox-lists.tsx'
import { ResendForm } from './resend-form.tsx'

afterEach(cleanup)

const refused = anOutboxRecord(2, { state: 'refused', words: 'The row is gone.', title: 'Rename to Oak', attempts: 2 })
const waiting = anOutboxRecord(3, { dependsOn: [refused.id], title: 'Add 5' })
const surroundings = (outbox: FakeOutbox) => ({ outbox, pluginTitle: () => 'Tutorial' })

function showLists(records: readonly OutboxRecord[], asked?: string): FakeOutbox {
  const outbox = createFakeOutbox(records)
  render(() => <OutboxLists {...surroundings(outbox)} asked={asked} />)
  return outbox
}
const rowOf = (record: OutboxRecord) => screen.getByTestId(`outbox-${record.id}`)

const shownRows = () => document.querySelectorAll('li[data-testid^="outbox-"]')

describe('the lists', () => {
  test('begin with what needs somebody: what it was, why it was refused, and the next thing to do', () => {
    showLists([refused, waiting])
    expect(rowOf(refused).textContent).toMatch(/Rename to Oak.*Refused.*Tutorial.*2 tries.*The row is gone\./)
    expect(within(rowOf(refused)).getByText('Edit and resend').getAttribute('href')).toBe(`/outbox/${refused.id}/edit`)
    expect(screen.queryByTestId(`outbox-${waiting.id}`)).toBeNull()
  })

  test('say of one that waits for what, and that it is held up', () => {
    showLists([refused, waiting], 'unsent')
    expect(rowOf(waiting).textContent).toMatch(/Held up.*It waits for “Rename to Oak”\./)
  })

  test('follow an action from its place in the line to its end, in the same row', () => {
    const outbox = showLists([anOutboxRecord(1)], 'unsent')
    const row = rowOf(anOutboxRecord(1))
    expect(row.textContent).toContain('Waiting')
    outbox.pause('offline')
    expect(row.textContent).not.toContain('It goes next.')
    expect(screen.getByTestId('outbox-summary').textContent).toContain('1 action on this device.')
    outbox.pause(undefined)
    outbox.change(1, { state: 'sent' })
    expect(row.textContent).toContain('Sending')
    outbox.pause('offline')
    expect(row.textContent).toContain('No answer yet')
    outbox.pause(undefined)
    expect(rowOf(anOutboxRecord(1))).toBe(row)
    outbox.change(1, { state: 'accepted' })
    expect(screen.getByText('Nothing waits')).toBeTruthy()
    expect(screen.getByText('Everything you did has arrived.')).toBeTruthy()
  })

  test('make rows of five thousand actions a page at a time, and count all', () => {
    showLists(
      Array.from({ length: 5_000 }, (_, index) => anOutboxRecord(index + 1)),
      'unsent',
    )
    expect(screen.getByText('Not sent yet (5,000)')).toBeTruthy()
    expect(shownRows().length).toBe(50)
    fireEvent.click(screen.getByText('Show 100 more'))
    expect(shownRows().length).toBe(150)
  })

  test('send all that is stuck again at once', async () => {
    const outbox = showLists([anOutboxRecord(1, { state: 'stuck' }), anOutboxRecord(2, { state: 'stuck' })])
    fireEvent.click(screen.getByText('Try all 2 again'))
    await waitFor(() => expect(outbox.asked).toEqual(['retry 1', 'retry 2']))
  })

  test('show what was sent with its three ends, and read further back when asked', async () => {
    const outbox = createFakeOutbox(
      [
        anOutboxRecord(5, { state: 'changed', words: 'The date is a holiday: moved to Monday.' }),
        anOutboxRecord(6, { state: 'refused', words: 'No.' }),
      ],
      [1, 2, 3, 4].map((seq) => anOutboxRecord(seq, { state: 'accepted' })),
    )
    render(() => <OutboxHistory {...surroundings(outbox)} pageCount={4} empty="Nothing" />)
    await waitFor(() => expect(shownRows().length).toBe(4))
    expect(rowOf(anOutboxRecord(5)).textContent).toMatch(/Accepted with change.*moved to Monday/)
    fireEvent.click(screen.getByText('Show earlier ones'))
    await waitFor(() => expect(shownRows().length).toBe(6))
    fireEvent.change(screen.getByLabelText('What became of it'), { target: { value: 'refused' } })
    expect(shownRows().length).toBe(1)
    expect(screen.queryByText('Show earlier ones')).toBeNull()
  })
})

describe('the page of an action', () => {
  function show(record: OutboxRecord, helpDesk?: HelpDesk): FakeOutbox {
    const outbox = createFakeOutbox([refused, waiting])
    render(() => <ActionView {...surroundings(outbox)} id={record.id} helpDesk={helpDesk} />)
    return outbox
  }

  test('tells what was entered, and what waits for it', () => {
    show(refused)
    expect(screen.getByTestId('outbox-input').textContent).toContain('By1')
    expect(screen.getByTestId('outbox-facts').textContent).toContain('Wait for thisAdd 5')
    expect(screen.getByTestId('outbox-reason').textContent).toContain('The row is gone.')
  })

  test('names what waits for it before it is discarded, and lets a person say what becomes of that', async () => {
    const outbox = show(refused)
    fireEvent.click(screen.getByText('Discard …'))
    const dialog = await screen.findByRole('dialog')
    expect(within(dialog).getByLabelText('What waits for it').textContent).toBe('Add 5')
    fireEvent.change(within(dialog).getByLabelText('What becomes of them'), { target: { value: 'discard' } })
    fireEvent.click(within(dialog).getByText('Discard'))
    await waitFor(() => expect(outbox.asked).toEqual(['discard 2 discard']))
  })

  test('sends it to the office with a question; what goes wrong is said and nothing typed is lost', async () => {
    const requests: string[] = []
    let failure: Error | undefined = new Error('Only with a connection.')
    show(refused, {
      ask: async ({ record, words }) => {
        if (failure) throw failure
        requests.push(`${record.seq} ${words}`)
      },
    })
    fireEvent.click(screen.getByText('Ask for help …'))
    const dialog = await screen.findByRole('dialog')
    fireEvent.input(within(dialog).getByLabelText('Your question'), { target: { value: 'What now?' } })
    fireEvent.click(within(dialog).getByText('Ask'))
    await within(dialog).findByText('Only with a connection.')
    failure = undefined
    fireEvent.click(within(dialog).getByText('Ask'))
    await waitFor(() => expect(requests).toEqual(['2 What now?']))
  })

  test('says of one that is not here why that may be', async () => {
    show(anOutboxRecord(9))
    expect(await screen.findByText('This action is not on this device')).toBeTruthy()
  })
})

describe('the form', () => {
  function show(): { outbox: FakeOutbox; sent: OutboxRecord[] } {
    const outbox = createFakeOutbox([refused])
    const sent: OutboxRecord[] = []
    render(() => (
      <ResendForm {...surroundings(outbox)} record={refused} known={undefined} onSent={(record) => sent.push(record)} />
    ))
    return { outbox, sent }
  }
  const by = () => screen.getByLabelText<HTMLInputElement>('By')

  test('holds what was entered, says what is wrong beside the field, and sends what was put right', async () => {
    const { outbox, sent } = show()
    expect(by().value).toBe('1')
    fireEvent.input(by(), { target: { value: 'many' } })
    fireEvent.click(screen.getByText('Send again'))
    expect(screen.getByText('By must be a number.')).toBeTruthy()
    expect(outbox.asked).toEqual([])
    fireEvent.input(by(), { target: { value: '7' } })
    fireEvent.click(screen.getByText('Send again'))
    await waitFor(() => expect(sent.length).toBe(1))
    expect(outbox.asked[0]).toContain('"by":7')
  })

  test('keeps what was typed when the device has no room, and when somebody looks elsewhere meanwhile', async () => {
    const { outbox } = show()
    outbox.fail(new Error('This device has no room left.'))
    fireEvent.input(by(), { target: { value: '8' } })
    fireEvent.click(screen.getByText('Send again'))
    await screen.findByText('This device has no room left.')
    expect(by().value).toBe('8')
    cleanup()
    show()
    expect(by().value).toBe('8')
  })
})
