-- The past of read models, folded from the log when somebody asks for it. `life` names what its rows depend on: version
-- and tables of the projection, and the events left out. Where it is another, all of it is made anew.
create table platform.past_walks (
  projection  text        primary key,
  life        text        not null,
  version     integer     not null,
  -- The rows as they are at `position`; copies are taken of them.
  schema_name text        not null unique,
  position    text        not null,
  event_count bigint      not null default 0,
  started_at  timestamptz not null default now(),
  used_at     timestamptz not null default now()
);
-- Copies of the rows at some positions: each in a schema of its own.
create table platform.past_rows (
  schema_name text        primary key,
  projection  text        not null references platform.past_walks on delete cascade,
  position    text        not null,
  event_count bigint      not null,
  row_count   bigint      not null,
  size_bytes  bigint      not null,
  made_at     timestamptz not null default now(),
  used_at     timestamptz not null default now()
);
create index past_rows_by_projection on platform.past_rows (projection, event_count);
-- Entities that park in the past, and since where.
create table platform.past_parked (
  projection text not null references platform.past_walks on delete cascade,
  stream     text not null,
  position   text not null,
  primary key (projection, stream)
);
-- Numbers of the schemas `peek_past_<n>` and `peek_scratch_<n>`.
create sequence platform.past_schemas;
