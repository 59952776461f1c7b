-- A hash chain over all events, in blocks: what was in the log when it was first read, event by event.
-- `links` has 16 bytes an event: its commit position, then the first 8 bytes of its digest.
create table platform.evidence_blocks (
  number        bigint      primary key check (number >= 0),
  event_count   integer     not null check (event_count > 0),
  last_position text        not null,
  links         bytea       not null,
  -- Of the chain after the block's last event.
  hash          bytea       not null,
  epoch         bigint      not null,
  updated_at    timestamptz not null default now()
);
