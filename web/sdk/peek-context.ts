import { createComponent, createContext, type JSX, useContext } from 'solid-js'
import type { EffectLedger } from './effect-ledger.ts'
import type { Connection, Peek } from './peek.ts'

const PeekContext = createContext<Peek>()

/** Makes a page's connection known to every component inside. */
export function PeekProvider(props: { readonly peek: Peek; readonly children: JSX.Element }): JSX.Element {
  return createComponent(PeekContext.Provider, {
    value: props.peek,
    get children() {
      return props.children
    },
  })
}

export function usePeek(caller: string): Peek {
  const peek = useContext(PeekContext)
  if (peek) return peek
  throw new Error(
    `${caller} found no connection: wanted <PeekProvider peek={createPeek(...)}> around the component. ` +
      'A plugin screen gets it from its shell, so call it inside a component, not when the module loads.',
  )
}

/** How the page stands with its service. */
export function useConnection(): Connection {
  return usePeek('useConnection').connection
}

/** What became of this device's accepted actions where screens do not show it. */
export function useEffects(): Pick<EffectLedger, 'list' | 'dismiss'> {
  return usePeek('useEffects').effects
}
