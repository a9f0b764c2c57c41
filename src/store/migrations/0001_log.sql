-- The append-only log of a node: what happened, and the documents it happened to.
create table events (
  id bigint generated always as identity primary key,
  -- Position in commit order is known only afterwards; this lets the chain read events without a gap.
  written_by xid8 not null default pg_current_xact_id(),
  recorded_at timestamptz not null default clock_timestamp(),
  occurred_at timestamptz not null,
  kind text not null,
  subject text not null,
  conversation text,
  actor_id text not null,
  actor_name text not null,
  actor_role text not null,
  reason text,
  data jsonb,
  -- SHA-256 over the canonical form of the row as the writer knew it; the chain is made of these.
  digest bytea not null
);
create index events_subject on events (subject, id);
create index events_chain_order on events (written_by, id);

create table documents (
  digest bytea primary key,
  kind text not null,
  content_type text not null,
  bytes bytea not null,
  stored_at timestamptz not null default clock_timestamp()
);

create table log_chain (
  position bigint primary key,
  -- No foreign key: events cannot be deleted, and verify-log looks for each.
  event_id bigint not null unique,
  written_by xid8 not null,
  hash bytea not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only: corrections are new rows', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger events_append_only before update or delete or truncate on events
  for each statement execute function refuse_change();
create trigger documents_append_only before update or delete or truncate on documents
  for each statement execute function refuse_change();
create trigger log_chain_append_only before update or delete or truncate on log_chain
  for each statement execute function refuse_change();

-- A change whose count nobody waits for fails by itself when it finds nothing to change: somebody else was faster.
create function must_change(changed bigint, wanted bigint default 1) returns bigint language plpgsql as $$
begin
  if changed <> wanted then
    raise exception 'changed meanwhile' using errcode = 'SE001';
  end if;
  return changed;
end $$;
