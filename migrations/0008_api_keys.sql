-- Keys of programs outside, for the routes of plugins on agents. Only what proves a key is kept, never the key; what an
-- administrator decided about it is in the log as well.
create table platform.api_keys (
  id                  uuid        primary key,
  name                text        not null,
  -- SHA-256 of the key, which has 256 random bits.
  hash                bytea       not null check (length(hash) = 32),
  -- `<plugin>:<scope>`.
  scopes              text[]      not null,
  requests_per_minute integer     not null check (requests_per_minute > 0),
  made_by             text        not null,
  made_at             timestamptz not null,
  expires_at          timestamptz,
  revoked_by          text,
  revoked_at          timestamptz,
  -- As agents report it, some seconds late.
  last_used_at        timestamptz
);
create index api_keys_by_made_at on platform.api_keys (made_at);
