-- One row a rebuild of a read model: what the next leader needs to go on with it.
create table platform.rebuilds (
  id           uuid        primary key,
  projection   text        not null,
  state        jsonb       not null,
  -- Of the leader that wrote last: an earlier one writes no more.
  epoch        bigint      not null,
  started_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  ended_at     timestamptz,
  -- When its end was recorded in the log.
  recorded_at  timestamptz
);
create unique index rebuilds_under_way on platform.rebuilds (projection) where ended_at is null;
create index rebuilds_by_start on platform.rebuilds (started_at desc);

-- Code that projects, bundled into one file and compressed: runs again after an upgrade, and can be returned to.
create table platform.projection_code (
  hash       text        primary key,
  code       bytea       not null,
  size_bytes integer     not null,
  kept_at    timestamptz not null default now()
);
-- Which code made which version of a projection.
create table platform.projection_versions (
  projection     text        not null,
  version        integer     not null,
  -- Hash of the tables' definitions, as in the checkpoint beside them.
  shape          text        not null,
  -- The version of its plugin and a hash of its files: other code is kept anew.
  source         text        not null,
  hash           text        not null references platform.projection_code,
  kept_at        timestamptz not null default now(),
  primary key (projection, version)
);
-- Versions that somebody returned to: starts leave them alone until a rebuild.
create table platform.projection_pins (
  projection text        primary key,
  version    integer     not null,
  by_user    text        not null,
  reason     text        not null,
  pinned_at  timestamptz not null default now()
);
