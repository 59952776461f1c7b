-- Who leads, and since which epoch. The lock decides (a session advisory lock); the epoch only ever grows, so that work
-- of a leader that lost its lock without noticing can be refused by comparing epochs.
create table platform.leadership (
  name        text        primary key,
  epoch       bigint      not null check (epoch > 0),
  holder      text        not null,
  acquired_at timestamptz not null default now()
);
