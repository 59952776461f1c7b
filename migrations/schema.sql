-- What the migrations make of an empty database, for reading: generated, never run.
-- After a new migration: PEEK_WRITE_SCHEMA=1 bun test test/integration/platform-schema.test.ts

create schema platform;

create table platform.leadership (
  name text not null,
  epoch bigint not null,
  holder text not null,
  acquired_at timestamp with time zone default now() not null,
  constraint leadership_pkey PRIMARY KEY (name),
  constraint leadership_epoch_check CHECK ((epoch > 0))
);

create table platform.migrations (
  set_id text not null,
  number integer not null,
  name text not null,
  hash text not null,
  applied_at timestamp with time zone default now() not null,
  constraint migrations_pkey PRIMARY KEY (set_id, number)
);

create table platform.parked_events (
  projection text not null,
  position text not null,
  event_id uuid not null,
  stream text not null,
  type text not null,
  words text not null,
  parked_at timestamp with time zone default now() not null,
  constraint parked_events_pkey PRIMARY KEY (projection, "position", event_id)
);
CREATE INDEX parked_events_by_stream ON platform.parked_events USING btree (projection, stream);
