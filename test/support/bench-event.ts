/** The one event that the event store's benches append and read: about 200 bytes of JSON, no metadata. */
export const benchEventType = 'BenchHappened'

export const benchEventData = {
  title: 'Pump 4 reports a pressure above its limit',
  place: { site: 'North', building: 12, floor: 3, room: 'Boiler room' },
  readings: [4.21, 4.37, 4.52],
  raisedBy: 'sensor-00417',
  isUrgent: true,
}
