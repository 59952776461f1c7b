-- What the check of migrations writes and reads: in the plugin's own schema, without naming it.
create table notes (
  id uuid primary key,
  words text not null,
  noted_at timestamptz not null default now()
);
