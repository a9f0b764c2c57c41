-- Who may use this node: firms, people, mandates between firms; and the proofs they come with.
create table firms (
  id uuid primary key,
  name text not null,
  -- Registration identifier, such as TH:TIN 0105536000315.
  identifier_scheme text not null,
  identifier_value text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  created_at timestamptz not null,
  unique (identifier_scheme, identifier_value)
);

create table people (
  id uuid primary key,
  -- Lower case; what is typed to sign in.
  username text not null unique,
  name text not null,
  role text not null check (role in
    ('trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor', 'analyst', 'operator')),
  firm_id uuid references firms (id),
  office text,
  active boolean not null default true,
  -- scrypt$logN$r$p$salt$hash
  password text not null,
  version integer not null default 1,
  created_at timestamptz not null,
  constraint people_belong check (
    case when role in ('trader', 'broker') then firm_id is not null and office is null
         else firm_id is null end)
);
create index people_of_firm on people (firm_id) where firm_id is not null;

-- A broker's firm acts for a principal's firm. A mandate always has an end; it is revoked, never deleted.
create table mandates (
  id uuid primary key,
  principal_firm_id uuid not null references firms (id),
  broker_firm_id uuid not null references firms (id),
  valid_from timestamptz not null,
  valid_until timestamptz not null check (valid_until > valid_from),
  granted_by uuid not null,
  granted_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by uuid,
  check (principal_firm_id <> broker_firm_id)
);
create index mandates_of_broker on mandates (broker_firm_id, principal_firm_id);
create index mandates_of_principal on mandates (principal_firm_id);

-- Only the SHA-256 of a session's or a token's secret is kept: who reads the table cannot sign in with it.
create table sessions (
  secret_digest bytea primary key,
  person_id uuid not null references people (id),
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_of_person on sessions (person_id);
create index sessions_by_end on sessions (expires_at);

create table tokens (
  id uuid primary key,
  secret_digest bytea not null unique,
  person_id uuid not null references people (id),
  name text not null,
  -- Null: every right of the person's role.
  only_rights text[],
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index tokens_of_person on tokens (person_id, created_at);

-- Sign-in attempts that did not succeed, by user name and by address (digests), counted over all processes.
create table sign_in_guards (
  subject bytea primary key,
  -- Not whole: they are forgotten little by little.
  failures double precision not null,
  last_attempt_at timestamptz not null,
  locked_until timestamptz not null,
  -- The try that was let through last; how one of many at the same moment knows whether it was.
  last_admitted uuid not null
);
create index sign_in_guards_by_age on sign_in_guards (last_attempt_at);
