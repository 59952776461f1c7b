import { createFakeClock } from '#kernel/clock.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import type { Observer, VortexClient } from '#vortex/client/vortex-client.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import { openLiveRows } from '../live-rows.ts'
import type { OverlaidAction } from '../overlays/laid.ts'
import { createOverlays } from '../overlays/overlays.ts'
import { applyTo, at, type Fields, ids, type Kind, picked, rowsOf, type State, Task, teams } from './overlay-tasks.ts'
import type { Entry, OverlayWorld, Pushed, View, WorldView } from './overlay-world-parts.ts'
import { createQuietClient } from './quiet-client.ts'

type Step = readonly [name: string, weight: number, can: () => boolean, work: () => void]

/**
 * A device with a few views of tasks, a service, and the connection between them, all by the dice: for tests that compare
 * what is shown with what should be.
 *
 * A patch names the actions whose rows it changes, and none comes where no row of the selector changes; a whole state
 * names nothing. Frames of one view come in order; a cut loses all that are on their way.
 */
export function createOverlayWorld({ seed, onlyAdding = false }: { seed: number; onlyAdding?: boolean }): OverlayWorld {
  const random = createSeededRandom(seed)
  const clock = createFakeClock(1_000_000)
  const pushed: Pushed[] = []
  const log: Entry[] = onlyAdding
    ? [{ place: 1, by: '', kind: 'Add', fields: { id: 'a', team: 'red', count: 0 }, isParked: false }]
    : []
  let projectedTo = log.length
  const unanswered = new Set<() => void>()
  let isOnline = true
  let overlays = createOverlays()
  const selectors: [string, Selector][] = [
    ['all', {}],
    ['red', { team: 'red' }],
    ['blue', { team: 'blue' }],
  ]
  let views = openViews()
  const steps: readonly Step[] = [
    ['push', 6, () => true, push],
    ['send', 4, () => waiting().length > 0, () => waiting().slice(0, 1).forEach(send)],
    ['decide', 6, () => isOnline && undecided() !== undefined, decide],
    ['answer', 5, () => isOnline && pushed.some(isAnswerable), answerOne],
    ['commit', 5, () => projectedTo < log.length, () => commit(projectedTo + 1 + dice(log.length - projectedTo))],
    ['deliver', 12, () => arriving().length > 0, () => pickOne(random, arriving()).queue.shift()?.()],
    ['cut', 1, () => isOnline, cut],
    ['connect', 3, () => !isOnline, connect],
    ['reload', 1, () => true, reload],
    ['wait', 3, () => !pushed.some(({ state }) => state === 'sent'), () => clock.advance(1_500)],
    ['others', 3, () => !onlyAdding, others],
    ['discard', 1, () => !onlyAdding && waiting().length > 0, discard],
    ['park', 1, () => !onlyAdding && parkable().length > 0, park],
  ]

  return {
    step: () => {
      const possible = steps.filter(([, , can]) => can())
      const weights = possible.flatMap(([name, weight, , work]) =>
        Array.from({ length: weight }, () => ({ name, work })),
      )
      const { name, work } = pickOne(random, weights)
      work()
      return name
    },
    views: () => views.map(toWorldView),
    addedCount: () => pushed.filter(({ state }) => state !== 'gone').reduce((sum, { fields }) => sum + fields.count, 0),
    calm: async () => {
      if (!isOnline) connect()
      for (let turn = 0; turn < 500; turn++) {
        for (const one of pushed) if (one.state === 'waiting') send(one)
        while (undecided()) decide()
        for (const one of pushed) if (isAnswerable(one)) answer(one)
        commit(log.length)
        for (const view of views) while (view.queue.length > 0) view.queue.shift()?.()
        for (let wait = 0; wait < 60; wait++) await Promise.resolve()
        clock.advance(31_000)
        for (let wait = 0; wait < 60; wait++) await Promise.resolve()
        if (turn > 5 && views.every(({ queue }) => queue.length === 0)) return
      }
    },
    stop: () => {
      for (const view of views) view.live.stop()
      overlays.close()
    },
  }

  function openViews(): View[] {
    return selectors.map(([name, selector]) => {
      const opened: { observer?: Observer } = {}
      const queue: (() => void)[] = []
      const live = openLiveRows({
        client: createQuietClient({ isOnline: () => isOnline, ask: askAbout(queue, () => view) }),
        clock,
        random,
        overlays,
        name: Task.name,
        selector,
        observe: (observer) => {
          opened.observer = observer
          return () => undefined
        },
      })
      if (!opened.observer) throw new Error('a view observes when it is opened')
      const view: View = {
        name,
        selector,
        observer: opened.observer,
        live,
        sentTo: 0,
        toldTo: undefined,
        shownAt: [undefined],
        queue,
      }
      if (isOnline) sendRows(view)
      return view
    })
  }

  function askAbout(queue: (() => void)[], viewOf: () => View): VortexClient['ask'] {
    return (_name, body) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error('the connection was lost'))
        if (!isOnline) return fail()
        const { position } = JSON.parse(body) as { position: string }
        const isPassed = viewOf().sentTo >= Number(position)
        unanswered.add(fail)
        queue.push(() => {
          unanswered.delete(fail)
          if (isPassed) tell(viewOf(), Number(position))
          resolve(JSON.stringify({ passed: isPassed }))
        })
      })
  }

  function waiting(): readonly Pushed[] {
    return pushed.filter(({ state }) => state === 'waiting')
  }

  function arriving(): readonly View[] {
    return views.filter(({ queue }) => queue.length > 0)
  }

  function push(): void {
    const seq = pushed.length + 1
    const kind: Kind = onlyAdding ? 'Count' : pickOne(random, ['Add', 'Count', 'Count', 'Move', 'Remove'] as const)
    const fields = { id: onlyAdding ? 'a' : pickOne(random, ids), team: pickOne(random, teams), count: 1 + dice(5) }
    const one: Pushed = { seq, id: `own-${seq}`, kind, fields, state: 'waiting', entry: undefined, isLifted: false }
    pushed.push(one)
    put(one)
  }

  function send(one: Pushed): void {
    one.state = 'sent'
    put(one)
  }

  function put({ id, seq, kind, fields, state, entry }: Pushed): void {
    const isAccepted = state === 'accepted' && typeof entry === 'object'
    const action: OverlaidAction = {
      id,
      seq,
      name: `overlayworld.${kind}`,
      version: 1,
      body: JSON.stringify(fields),
      at: 0,
      isInDoubt: state === 'sent',
      position: isAccepted ? at(entry.place) : undefined,
    }
    overlays.put(action)
  }

  function discard(): void {
    const one = pickOne(random, waiting())
    one.state = 'gone'
    overlays.drop(one.id)
  }

  function reload(): void {
    for (const view of views) view.live.stop()
    overlays.close()
    overlays = createOverlays()
    for (const one of pushed) if (one.state !== 'gone') put(one)
    for (const one of pushed) if (one.isLifted) overlays.lift(one.id, [])
    views = openViews()
  }

  function undecided(): Pushed | undefined {
    return pushed.find(({ state, entry }) => state === 'sent' && entry === undefined)
  }

  function decide(): void {
    const one = undecided()
    if (!one) return
    const isThere = stateAt(log.length, true).has(one.fields.id)
    const isTaken = onlyAdding || (isThere !== (one.kind === 'Add') && dice(6) > 0)
    one.entry = isTaken ? append(one.id, one.kind, one.fields) : 'refused'
  }

  function append(by: string, kind: Kind, fields: Fields): Entry {
    // What is recorded may be less than what was asked for.
    const count = kind === 'Count' && by !== '' && !onlyAdding && dice(4) === 0 ? 0 : fields.count
    const entry = { place: log.length + 1, by, kind, fields: { ...fields, count }, isParked: false }
    log.push(entry)
    return entry
  }

  function others(): void {
    const kind = pickOne(random, ['Add', 'Count', 'Move', 'Remove'] as const)
    const fields = { id: pickOne(random, ids), team: pickOne(random, teams), count: 10 * (1 + dice(5)) }
    if (stateAt(log.length, true).has(fields.id) !== (kind === 'Add')) append('', kind, fields)
  }

  function commit(upTo: number): void {
    for (const entry of log.slice(projectedTo, upTo)) {
      const owner = pushed.find(({ id }) => id === entry.by)
      // A service says nothing of what changes nothing; that it comes before the answer is another test's affair.
      if (owner && owner.state !== 'accepted' && !changesSomething(entry)) return
      const before = stateAt(projectedTo)
      projectedTo = entry.place
      const after = stateAt(projectedTo)
      if (isOnline) for (const view of views) sendPatch(view, before, after, [entry])
    }
  }

  function changesSomething(entry: Entry): boolean {
    return JSON.stringify([...stateAt(entry.place - 1)]) !== JSON.stringify([...stateAt(entry.place)])
  }

  function park(): void {
    const one = pickOne(random, parkable())
    if (typeof one.entry === 'object') one.entry.isParked = true
    one.isLifted = true
    overlays.lift(one.id, [Task.name])
  }

  function parkable(): readonly Pushed[] {
    return pushed.filter(
      ({ state, entry, isLifted }) =>
        state === 'accepted' && typeof entry === 'object' && entry.place > projectedTo && !isLifted,
    )
  }

  function sendPatch(view: View, before: State, after: State, entries: readonly Entry[]): void {
    view.sentTo = projectedTo
    const set: Row[] = []
    const del: string[] = []
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [picked(view, before.get(key)), picked(view, after.get(key))]
      if (is && JSON.stringify(was) !== JSON.stringify(is)) set.push(is)
      if (was && !is) del.push(key)
    }
    if (set.length + del.length === 0) return
    const keys = new Set([...set.map(({ id }) => id), ...del])
    const acts = entries.filter(({ fields }) => keys.has(fields.id)).map(({ by }) => by)
    const place = projectedTo
    view.queue.push(() => {
      tell(view, place)
      view.observer.patch({ sel: 1, token: at(place), position: at(place), set, del, acts })
    })
  }

  function sendRows(view: View): void {
    const place = projectedTo
    view.sentTo = place
    const rows = rowsOf(view, stateAt(place))
    view.queue.push(() => {
      tell(view, place)
      view.observer.rows({ rows, token: at(place), position: at(place), keyedBy: ['id'], orderBy: [] })
    })
  }

  function cut(): void {
    isOnline = false
    for (const view of views) view.queue.splice(0)
    // No question waits for ever: a real one ends at its deadline.
    for (const fail of unanswered) fail()
    unanswered.clear()
  }

  function connect(): void {
    isOnline = true
    for (const view of views) {
      if (view.toldTo === undefined || dice(2) === 0) sendRows(view)
      else {
        const entries = log.slice(view.toldTo, projectedTo)
        view.queue.push(() => view.observer.resumed())
        sendPatch(view, stateAt(view.toldTo), stateAt(projectedTo), entries)
      }
    }
  }

  function isAnswerable({ state, entry }: Pushed): boolean {
    return state === 'sent' && entry !== undefined
  }

  function answerOne(): void {
    answer(pickOne(random, pushed.filter(isAnswerable)))
  }

  function answer(one: Pushed): void {
    one.state = one.entry === 'refused' ? 'gone' : 'accepted'
    if (one.state === 'gone') overlays.drop(one.id)
    else put(one)
  }

  function tell(view: View, place: number): void {
    view.toldTo = Math.max(place, view.toldTo ?? 0)
  }

  function stateAt(place: number, withParked = false): State {
    const state: State = new Map()
    for (const entry of log.slice(0, place)) if (withParked || !entry.isParked) applyTo(state, entry.kind, entry.fields)
    return state
  }

  function wantedAt(view: View, place: number | undefined): readonly Fields[] {
    if (place === undefined) return []
    const state: State = new Map(rowsOf(view, stateAt(place)).map((row) => [row.id, row]))
    for (const one of pushed) {
      const isIn = typeof one.entry === 'object' && one.entry.place <= place
      if (one.state === 'gone' || one.isLifted || isIn) continue
      if (one.kind !== 'Add' || picked(view, one.fields)) applyTo(state, one.kind, one.fields)
    }
    return rowsOf(view, state)
  }

  function toWorldView(view: View): WorldView {
    const plain = () =>
      view.live.rows.map(({ id, team, count }) => ({ id: String(id), team: String(team), count: Number(count) }))
    return {
      name: view.name,
      shown: plain,
      wanted: () => wantedAt(view, view.toldTo),
      heldBack: () => {
        const isCertain = !pushed.some(({ state }) => state === 'sent')
        const shown = JSON.stringify(plain())
        const isShown = (place: number | undefined) => JSON.stringify(wantedAt(view, place)) === shown
        const possible = isCertain ? [] : view.shownAt.filter((place) => place !== view.toldTo)
        view.shownAt = [...possible, view.toldTo].filter(isShown)
        return possible.map((place) => wantedAt(view, place))
      },
      hasShown: () => view.name !== 'blue' && view.live.state() !== 'loading',
      truth: () => rowsOf(view, stateAt(log.length)),
      total: () => plain().reduce((sum, row) => sum + row.count, 0),
    }
  }

  function dice(sides: number): number {
    return Math.floor(random() * sides)
  }
}
