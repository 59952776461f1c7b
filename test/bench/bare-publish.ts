/** The reference of the action-to-screen bench: publishes what comes in to everybody on its topic, and nothing else. */
type Wire = { readonly topic: string }

const server = Bun.serve<Wire>({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, bunServer) => {
    const topic = new URL(request.url).pathname.slice(1)
    return bunServer.upgrade(request, { data: { topic } }) ? undefined : new Response('no', { status: 400 })
  },
  websocket: {
    perMessageDeflate: false,
    open: (ws) => void ws.subscribe(ws.data.topic),
    message: (_ws, text) => void server.publish((JSON.parse(String(text)) as Wire).topic, String(text)),
  },
})
console.log(`ws://127.0.0.1:${server.port}`)
