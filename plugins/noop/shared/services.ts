/** Where parts of a plugin run. */
export const services = ['logic', 'field', 'office', 'agent', 'worker'] as const
export type Service = (typeof services)[number]

/** The two with an app whose screens reach the others through them. */
export const gateways = ['field', 'office'] as const
export type Gateway = (typeof gateways)[number]

/** One of something a service, in the order of the list above. */
export function onEach<T>(make: (service: Service, suffix: string) => T): Readonly<Record<Service, T>> {
  return {
    logic: make('logic', 'OnLogic'),
    field: make('field', 'OnField'),
    office: make('office', 'OnOffice'),
    agent: make('agent', 'OnAgent'),
    worker: make('worker', 'OnWorker'),
  }
}
