-- How far each reactor has come. Its effects run at least once from here on.
create table platform.reactor_checkpoints (
  reactor      text        primary key,
  position     text        not null,
  epoch        bigint      not null,
  committed_at timestamptz not null default now()
);
