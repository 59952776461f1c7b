-- Devices as the services last heard of them, one row an app and a person on one. How many actions wait on a device is
-- known by what the device itself said last; what the server answered is known here.
create table platform.devices (
  device              uuid        not null,
  app                 text        not null,
  user_name           text        not null,
  build               text        not null,
  protocol            integer     not null,
  address             text        not null,
  first_contact_at    timestamptz not null,
  last_contact_at     timestamptz not null,
  -- The highest sequence that an action of it has, and the highest one that was answered for good.
  announced_seq       bigint      not null check (announced_seq >= 0),
  answered_seq        bigint      not null check (answered_seq >= 0),
  -- What it said of itself, and when; null: it never did.
  told_at             timestamptz,
  -- Up to here it holds nothing without an end.
  ended_seq           bigint      not null,
  unsent_count        integer     not null,
  attention_count     integer     not null,
  cached_count        integer     not null,
  storage_used_bytes  bigint,
  storage_quota_bytes bigint,
  clock_offset_ms     bigint,
  -- Since when it holds something that is not sent.
  unsent_since        timestamptz,
  -- One life of its storage: another one means that the browser took away what was there.
  storage_id          uuid,
  storage_lost_at     timestamptz,
  lost_count          integer     not null,
  primary key (device, app, user_name)
);

-- When they were connected, the latest ones of each.
create table platform.device_contacts (
  id         uuid        primary key,
  device     uuid        not null,
  app        text        not null,
  user_name  text        not null,
  service    text        not null,
  address    text        not null,
  build      text        not null,
  began_at   timestamptz not null,
  -- As far as is known.
  ended_at   timestamptz not null,
  foreign key (device, app, user_name) references platform.devices on delete cascade
);
create index device_contacts_by_device on platform.device_contacts (device, app, user_name, began_at);

-- Builds of this platform that ran here, in their order: how far behind a device is.
create table platform.builds (
  build         text        primary key,
  first_seen_at timestamptz not null
);
