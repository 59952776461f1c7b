/** `jobs ...`: background jobs and their queues, as on the page of the admin app. One subcommand a file. */
import type { CommandEntry } from './command.ts'
import { createCommandGroup } from './command-group.ts'

const subcommands: Readonly<Record<string, CommandEntry>> = {
  queues: {
    words: 'How all queues stand: what waits, runs and is parked, and how fast it goes.',
    load: async () => (await import('./jobs-queues.ts')).queuesCommand,
  },
  list: {
    words: 'Jobs that are waiting, scheduled, running, finished or parked.',
    load: async () => (await import('./jobs-list.ts')).listCommand,
  },
  show: {
    words: 'One job: where it stands, its tries and their logs.',
    load: async () => (await import('./jobs-show.ts')).showCommand,
  },
  log: {
    words: 'All that happened to a job and all it wrote, in order.',
    load: async () => (await import('./jobs-log.ts')).logCommand,
  },
  retry: {
    words: 'Tries a parked job, or all of a queue, again.',
    load: async () => (await import('./jobs-retry.ts')).retryCommand,
  },
  cancel: {
    words: 'Ends a job, or those of a queue that wait, run or are parked.',
    load: async () => (await import('./jobs-cancel.ts')).cancelCommand,
  },
  run: {
    words: 'Runs a job that waits for its time now, or one more of a queue with a schedule.',
    load: async () => (await import('./jobs-run.ts')).runCommand,
  },
  pause: {
    words: 'Lets no further job of a queue begin.',
    load: async () => (await import('./jobs-pause.ts')).pauseCommand,
  },
  resume: {
    words: 'Lets a paused queue go on.',
    load: async () => (await import('./jobs-pause.ts')).resumeCommand,
  },
}

export const jobsCommand = createCommandGroup({
  name: 'jobs',
  usage: '<what> [<plugin>.<Job> | <job id>] [--json] [--help]',
  subcommands,
  footer: [
    'Asks the running logic of this home (--home DIR, PEEK_HOME, or .peek in the project; or --url URL), as the',
    'administrator of <home>/logic/config.json. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 logic does not answer,',
    'or does not lead just now.',
  ],
  awayKinds: ['unavailable'],
})
