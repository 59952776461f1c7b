import { defineFieldPart } from '#plugin-api'
import { startTelling } from '../about.ts'

export const probeFieldPart = defineFieldPart({
  routes: (routes, context) => {
    const about = startTelling('field', context)
    routes.get('/about', (c) => c.json(about()))
    // As authors do by mistake: a timer of their own that throws, and a promise nobody awaits.
    routes.post('/blunder', (c) => {
      setTimeout(() => {
        throw new Error('a blunder in a timer')
      }, 1)
      void Promise.reject(new Error('a blunder in a promise'))
      return c.json({})
    })
  },
})
