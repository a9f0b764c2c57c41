-- Every version of the federation directory that this node accepted, as it came; the highest serial is the current one.
create table federation_directories (
  serial bigint primary key,
  -- SHA-256 over the canonical form, lower-case hexadecimal.
  digest text not null unique,
  bytes bytea not null,
  source text not null,
  received_at timestamptz not null
);
create trigger federation_directories_append_only before update or delete or truncate on federation_directories
  for each statement execute function refuse_change();

-- What was refused, one row per thing, so that a source that repeats itself raises one alarm and not one a minute.
-- Bytes are kept where the federation's own signatures hold: they prove a fork or a rollback.
create table federation_refusals (
  code text not null,
  -- Digest of a signed directory; for anything else the source and the day.
  subject text not null,
  source text not null,
  bytes bytea,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  times integer not null default 1,
  primary key (code, subject)
);

-- Certificates that were trusted while a directory was in force: after it expires no others are.
create table federation_known_keys (
  fingerprint256 text primary key,
  known_at timestamptz not null
);

-- Which overdue states of which version have been told already.
create table federation_overdue (
  serial bigint not null references federation_directories (serial),
  state text not null check (state in ('stale', 'expired')),
  told_at timestamptz not null,
  primary key (serial, state)
);
