-- Events that a projection could not take. They park with all later events of the same stream; everything else goes on.
create table platform.parked_events (
  projection    text             not null,
  position      text collate "C" not null,
  event_id      uuid             not null,
  stream        text             not null,
  revision      bigint           not null,
  type          text             not null,
  -- Of the failure, on the first parked event of a stream; null on those that only wait behind it.
  fingerprint   text,
  words         text             not null,
  -- The action it belongs to, and whose that was.
  action_id     text,
  action_user   text,
  action_device text,
  parked_at     timestamptz      not null default now(),
  primary key (projection, position, event_id)
);
create index parked_events_by_stream on platform.parked_events (projection, stream, revision);
create index parked_events_by_fingerprint on platform.parked_events (projection, fingerprint, position)
  where fingerprint is not null;
create index parked_events_by_action on platform.parked_events (action_id) where action_id is not null;
create index parked_events_by_device on platform.parked_events (action_device) where action_id is not null;
create index parked_events_by_user on platform.parked_events (action_user) where action_id is not null;
