import { type Service, services } from './services.ts'

/** Every check by name, with what it is about: for pages and the command line, which run none of them. */
export type CheckFacts = {
  /** `<facility>.<what>`. */
  readonly name: string
  readonly title: string
  /** The services without which it cannot be green, besides logic. */
  readonly needs: readonly Service[]
}

const others = services.filter((service) => service !== 'logic')
const onAll = [...others]

export const facilities = {
  tuple: 'Tuples',
  action: 'Actions',
  observation: 'Observations',
  rpc: 'Calls',
  job: 'Jobs',
  reactor: 'Reactors',
  migration: 'Migrations',
  files: 'File storage',
  settings: 'Settings',
  route: 'HTTP routes',
  queue: 'Queue of an agent',
  rest: 'REST on an agent',
  unload: 'Unloading',
} as const
export type Facility = keyof typeof facilities

export const checkList = [
  { name: 'tuple.calls', title: 'A value of every type comes back equal from every service', needs: onAll },
  { name: 'tuple.log', title: 'A value of every type is equal in the read model', needs: [] },
  { name: 'tuple.field-screen', title: 'The same, from a screen of the field app through all hops', needs: onAll },
  { name: 'tuple.office-screen', title: 'The same, from a screen of the office app through all hops', needs: onAll },
  { name: 'action.accepted', title: 'An action is accepted and has its effect', needs: [] },
  { name: 'action.refused', title: 'An action is refused with the reason, and has no effect', needs: [] },
  { name: 'action.duplicated', title: 'An action sent twice has the same answer and counts once', needs: [] },
  { name: 'action.changed', title: 'An action done in another way says so, to its repeat too', needs: [] },
  { name: 'action.field-screen', title: 'All three from a screen of the field app', needs: ['field'] },
  { name: 'action.office-screen', title: 'All three from a screen of the office app', needs: ['office'] },
  { name: 'observation.field', title: 'Subscribe, resume and unsubscribe on the field app', needs: ['field'] },
  { name: 'observation.office', title: 'Subscribe, resume and unsubscribe on the office app', needs: ['office'] },
  { name: 'rpc.from-logic', title: 'Logic calls every service, itself too', needs: onAll },
  { name: 'rpc.from-field', title: 'Field calls every service', needs: onAll },
  { name: 'rpc.from-office', title: 'Office calls every service', needs: onAll },
  { name: 'rpc.from-agent', title: 'An agent calls every service', needs: onAll },
  { name: 'rpc.from-worker', title: 'A worker calls every service', needs: onAll },
  { name: 'rpc.large', title: 'A megabyte goes to an agent and back, unchanged', needs: ['agent'] },
  { name: 'rpc.late', title: 'A late answer is a timeout, and the far side hears that nobody waits', needs: ['agent'] },
  { name: 'rpc.cancelled', title: 'Who stops waiting is told so, and so is the far side', needs: ['agent'] },
  { name: 'rpc.ordered', title: 'Ordered calls are worked on in their order', needs: ['agent'] },
  { name: 'rpc.thrown', title: 'What the far side throws is heard as its words', needs: ['agent'] },
  { name: 'rpc.bad-input', title: 'A wrong input is refused by the name of its field', needs: ['agent'] },
  { name: 'rpc.wrong-caller', title: 'A caller that the definition does not accept is refused', needs: ['agent'] },
  { name: 'rpc.unknown-callee', title: 'A call that nobody listens to fails at once', needs: ['agent'] },
  { name: 'job.done', title: 'A job gives its output, and one with the same key is the same job', needs: ['worker'] },
  { name: 'job.tried-again', title: 'A job that failed once is tried again', needs: ['worker'] },
  { name: 'job.failing', title: 'A job that keeps failing is parked with its error', needs: ['worker'] },
  { name: 'job.hanging', title: 'A job that hangs is ended and parked', needs: ['worker'] },
  { name: 'job.crashing', title: 'A job that crashes takes nobody with it and is parked', needs: ['worker'] },
  { name: 'job.cancelled', title: 'A job is cancelled, with the reason', needs: ['worker'] },
  { name: 'job.calling', title: 'The code of a job calls the logic part, over its worker', needs: ['worker'] },
  { name: 'reactor.once', title: 'A reactor reacts to what concerns it, once, and to nothing else', needs: [] },
  { name: 'migration.schema', title: 'The plugin has its own schema, as its migrations made it', needs: [] },
  { name: 'migration.job', title: 'A job on a worker reads and writes that schema too', needs: ['worker'] },
  { name: 'files.own-folder', title: 'Every part keeps a file in a folder of its own', needs: onAll },
  { name: 'settings.everywhere', title: 'A setting just changed is seen by the parts of all services', needs: onAll },
  {
    name: 'route.every-site',
    title: 'The route stands on every site; on the admin site for administrators only',
    needs: onAll,
  },
  { name: 'queue.once', title: 'Actions put on the disk of an agent take effect, once', needs: ['agent'] },
  {
    name: 'rest.own-site',
    title: 'The REST site of an agent: wrong key, wrong body, right, too many',
    needs: ['agent'],
  },
  {
    name: 'unload.every-part',
    title: 'The parts of all services have been ended and started again, and nothing was left behind',
    needs: onAll,
  },
] as const satisfies readonly CheckFacts[]

export type CheckName = (typeof checkList)[number]['name']

export function facilityOf(name: string): string {
  return name.slice(0, name.indexOf('.'))
}
