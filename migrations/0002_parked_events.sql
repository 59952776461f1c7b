-- Events that a projection could not take. They park with all later events of the same stream; everything else goes on.
create table platform.parked_events (
  projection text        not null,
  position   text        not null,
  event_id   uuid        not null,
  stream     text        not null,
  type       text        not null,
  words      text        not null,
  parked_at  timestamptz not null default now(),
  primary key (projection, position, event_id)
);
create index parked_events_by_stream on platform.parked_events (projection, stream);
