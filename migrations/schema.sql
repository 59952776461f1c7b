-- What the migrations make of an empty database, for reading: generated, never run.
-- After a new migration: PEEK_WRITE_SCHEMA=1 bun test test/integration/platform-schema.test.ts

create schema platform;

create table platform.api_keys (
  id uuid not null,
  name text not null,
  hash bytea not null,
  scopes text[] not null,
  requests_per_minute integer not null,
  made_by text not null,
  made_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  revoked_by text,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_hash_check CHECK ((length(hash) = 32)),
  constraint api_keys_requests_per_minute_check CHECK ((requests_per_minute > 0))
);
CREATE INDEX api_keys_by_made_at ON platform.api_keys USING btree (made_at);

create table platform.builds (
  build text not null,
  first_seen_at timestamp with time zone not null,
  constraint builds_pkey PRIMARY KEY (build)
);

create table platform.device_contacts (
  id uuid not null,
  device uuid not null,
  app text not null,
  user_name text not null,
  service text not null,
  address text not null,
  build text not null,
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  constraint device_contacts_pkey PRIMARY KEY (id),
  constraint device_contacts_device_app_user_name_fkey FOREIGN KEY (device, app, user_name) REFERENCES platform.devices(device, app, user_name) ON DELETE CASCADE
);
CREATE INDEX device_contacts_by_device ON platform.device_contacts USING btree (device, app, user_name, began_at);

create table platform.devices (
  device uuid not null,
  app text not null,
  user_name text not null,
  build text not null,
  protocol integer not null,
  address text not null,
  first_contact_at timestamp with time zone not null,
  last_contact_at timestamp with time zone not null,
  announced_seq bigint not null,
  answered_seq bigint not null,
  told_at timestamp with time zone,
  ended_seq bigint not null,
  unsent_count integer not null,
  attention_count integer not null,
  cached_count integer not null,
  storage_used_bytes bigint,
  storage_quota_bytes bigint,
  clock_offset_ms bigint,
  unsent_since timestamp with time zone,
  storage_id uuid,
  storage_lost_at timestamp with time zone,
  lost_count integer not null,
  constraint devices_pkey PRIMARY KEY (device, app, user_name),
  constraint devices_announced_seq_check CHECK ((announced_seq >= 0)),
  constraint devices_answered_seq_check CHECK ((answered_seq >= 0))
);

create table platform.evidence_blocks (
  number bigint not null,
  event_count integer not null,
  last_position text not null,
  links bytea not null,
  hash bytea not null,
  epoch bigint not null,
  updated_at timestamp with time zone default now() not null,
  constraint evidence_blocks_pkey PRIMARY KEY (number),
  constraint evidence_blocks_event_count_check CHECK ((event_count > 0)),
  constraint evidence_blocks_number_check CHECK ((number >= 0))
);

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
  revision bigint not null,
  type text not null,
  fingerprint text,
  words text not null,
  action_id text,
  action_user text,
  action_device text,
  parked_at timestamp with time zone default now() not null,
  constraint parked_events_pkey PRIMARY KEY (projection, "position", event_id)
);
CREATE INDEX parked_events_by_action ON platform.parked_events USING btree (action_id) WHERE (action_id IS NOT NULL);
CREATE INDEX parked_events_by_device ON platform.parked_events USING btree (action_device) WHERE (action_id IS NOT NULL);
CREATE INDEX parked_events_by_fingerprint ON platform.parked_events USING btree (projection, fingerprint, "position") WHERE (fingerprint IS NOT NULL);
CREATE INDEX parked_events_by_stream ON platform.parked_events USING btree (projection, stream, revision);
CREATE INDEX parked_events_by_user ON platform.parked_events USING btree (action_user) WHERE (action_id IS NOT NULL);

create table platform.past_parked (
  projection text not null,
  stream text not null,
  position text not null,
  constraint past_parked_pkey PRIMARY KEY (projection, stream),
  constraint past_parked_projection_fkey FOREIGN KEY (projection) REFERENCES platform.past_walks(projection) ON DELETE CASCADE
);

create table platform.past_rows (
  schema_name text not null,
  projection text not null,
  position text not null,
  event_count bigint not null,
  row_count bigint not null,
  size_bytes bigint not null,
  made_at timestamp with time zone default now() not null,
  used_at timestamp with time zone default now() not null,
  constraint past_rows_pkey PRIMARY KEY (schema_name),
  constraint past_rows_projection_fkey FOREIGN KEY (projection) REFERENCES platform.past_walks(projection) ON DELETE CASCADE
);
CREATE INDEX past_rows_by_projection ON platform.past_rows USING btree (projection, event_count);

create table platform.past_walks (
  projection text not null,
  life text not null,
  version integer not null,
  schema_name text not null,
  position text not null,
  event_count bigint default 0 not null,
  started_at timestamp with time zone default now() not null,
  used_at timestamp with time zone default now() not null,
  constraint past_walks_schema_name_key UNIQUE (schema_name),
  constraint past_walks_pkey PRIMARY KEY (projection)
);

create table platform.projection_code (
  hash text not null,
  code bytea not null,
  size_bytes integer not null,
  kept_at timestamp with time zone default now() not null,
  constraint projection_code_pkey PRIMARY KEY (hash)
);

create table platform.projection_pins (
  projection text not null,
  version integer not null,
  by_user text not null,
  reason text not null,
  pinned_at timestamp with time zone default now() not null,
  constraint projection_pins_pkey PRIMARY KEY (projection)
);

create table platform.projection_versions (
  projection text not null,
  version integer not null,
  shape text not null,
  source text not null,
  hash text not null,
  kept_at timestamp with time zone default now() not null,
  constraint projection_versions_pkey PRIMARY KEY (projection, version),
  constraint projection_versions_hash_fkey FOREIGN KEY (hash) REFERENCES platform.projection_code(hash)
);

create table platform.reactor_checkpoints (
  reactor text not null,
  version integer not null,
  position text not null,
  epoch bigint not null,
  done_count bigint default 0 not null,
  opened_at timestamp with time zone default now() not null,
  committed_at timestamp with time zone default now() not null,
  constraint reactor_checkpoints_pkey PRIMARY KEY (reactor)
);

create table platform.reactor_events (
  reactor text not null,
  event_id uuid not null,
  stream text not null,
  revision bigint not null,
  position text not null,
  type text not null,
  state text not null,
  tries integer not null,
  words text not null,
  first_tried_at timestamp with time zone,
  last_tried_at timestamp with time zone,
  next_try_at timestamp with time zone,
  constraint reactor_events_pkey PRIMARY KEY (reactor, event_id),
  constraint reactor_events_reactor_fkey FOREIGN KEY (reactor) REFERENCES platform.reactor_checkpoints(reactor) ON DELETE CASCADE,
  constraint reactor_events_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'dead'::text, 'dropped'::text])))
);
CREATE INDEX dead_letters_by_time ON platform.reactor_events USING btree (reactor, last_tried_at, event_id) WHERE (state = 'dead'::text);
CREATE INDEX reactor_events_by_stream ON platform.reactor_events USING btree (reactor, stream, revision);

create table platform.rebuilds (
  id uuid not null,
  projection text not null,
  state jsonb not null,
  epoch bigint not null,
  started_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  ended_at timestamp with time zone,
  recorded_at timestamp with time zone,
  constraint rebuilds_pkey PRIMARY KEY (id)
);
CREATE INDEX rebuilds_by_start ON platform.rebuilds USING btree (started_at DESC);
CREATE UNIQUE INDEX rebuilds_under_way ON platform.rebuilds USING btree (projection) WHERE (ended_at IS NULL);

create table platform.skipped_events (
  projection text not null,
  event_id uuid not null,
  stream text not null,
  type text not null,
  words text not null,
  action_id text,
  action_user text,
  action_device text,
  by_user text not null,
  reason text not null,
  skipped_at timestamp with time zone default now() not null,
  constraint skipped_events_pkey PRIMARY KEY (projection, event_id)
);
CREATE INDEX skipped_events_by_action ON platform.skipped_events USING btree (action_id) WHERE (action_id IS NOT NULL);
