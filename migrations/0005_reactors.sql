-- How far each reactor has come: every event up to here is done, or noted in platform.reactor_events.
create table platform.reactor_checkpoints (
  reactor      text        primary key,
  version      integer     not null,
  position     text        not null,
  epoch        bigint      not null,
  done_count   bigint      not null default 0,
  opened_at    timestamptz not null default now(),
  committed_at timestamptz not null default now()
);
-- Events a reactor could not be done with at once. `waiting`: tried again, or behind one of its entity that is;
-- `dead`: tried often enough, somebody has to decide; `dropped`: somebody decided against its effects.
create table platform.reactor_events (
  reactor        text        not null references platform.reactor_checkpoints (reactor) on delete cascade,
  event_id       uuid        not null,
  stream         text        not null,
  revision       bigint      not null,
  position       text        not null,
  type           text        not null,
  state          text        not null check (state in ('waiting', 'dead', 'dropped')),
  tries          integer     not null,
  words          text        not null,
  first_tried_at timestamptz,
  last_tried_at  timestamptz,
  next_try_at    timestamptz,
  primary key (reactor, event_id)
);
create index reactor_events_by_stream on platform.reactor_events (reactor, stream, revision);
create index dead_letters_by_time on platform.reactor_events (reactor, last_tried_at, event_id) where state = 'dead';
