import { expect, test } from 'bun:test'
import { pageName } from './page-name.ts'

const manifest = {
  app: 'field',
  title: 'Peek Field',
  build: '1',
  plugins: [
    {
      id: 'inbox',
      title: 'Inbox',
      home: [],
      screens: [{ path: 'tasks', title: 'Tasks', url: '/plugins/inbox/tasks.js' }],
    },
  ],
}

test('a page is called as the shell, the screen or at least the plugin calls it', () => {
  const name = (path: string) => pageName(path, manifest, { '/': 'Home', '/rows': 'Rows' })
  expect(['/', '/p/inbox/tasks', '/p/inbox/tasks/7', '/rows/7', '/nowhere'].map(name)).toEqual([
    'Home',
    'Tasks',
    'Inbox',
    'Rows',
    undefined,
  ])
})
