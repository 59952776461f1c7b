-- Events that somebody decided to leave out of a projection for good: rebuilds leave them out too.
create table platform.skipped_events (
  projection    text        not null,
  event_id      uuid        not null,
  stream        text        not null,
  type          text        not null,
  -- How it failed when somebody decided.
  words         text        not null,
  -- The action it belongs to, and whose that was.
  action_id     text,
  action_user   text,
  action_device text,
  by_user       text        not null,
  reason        text        not null,
  skipped_at    timestamptz not null default now(),
  primary key (projection, event_id)
);
create index skipped_events_by_action on platform.skipped_events (action_id) where action_id is not null;
