-- Read models as they were at some positions, kept to answer what a screen showed: each in a schema of its own.
create table platform.past_rows (
  schema_name text        primary key,
  projection  text        not null,
  version     integer     not null,
  position    text        not null,
  row_count   bigint      not null,
  size_bytes  bigint      not null,
  made_at     timestamptz not null default now(),
  used_at     timestamptz not null default now()
);
create index past_rows_by_projection on platform.past_rows (projection, version, position);
