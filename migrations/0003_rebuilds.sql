-- One row a rebuild of a read model: what the next leader needs to go on with it.
create table platform.rebuilds (
  id           uuid        primary key,
  projection   text        not null,
  state        jsonb       not null,
  started_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  ended_at     timestamptz
);
create unique index rebuilds_under_way on platform.rebuilds (projection) where ended_at is null;
