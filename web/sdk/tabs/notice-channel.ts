/** One end of a channel on which pages tell each other, without words, that what they share has changed: look again. */
export type NoticeChannel = { post(): void; close(): void }
export type OpenNoticeChannel = (name: string, hear: () => void) => NoticeChannel

export function openNoticeBroadcast(name: string, hear: () => void): NoticeChannel {
  // Pages that cannot hear each other still go by what is stored when they change it.
  if (typeof BroadcastChannel === 'undefined') return { post: () => undefined, close: () => undefined }
  const channel = new BroadcastChannel(name)
  channel.onmessage = hear
  return { post: () => channel.postMessage('changed'), close: () => channel.close() }
}
