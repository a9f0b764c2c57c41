-- Responses to declarants (WCO RES), kept for ever as they were written.
create table responses (
  id uuid primary key,
  -- Order of the feed: by transaction, then by position; a reader takes only what no running transaction can still precede.
  written_by xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity unique,
  declaration_id uuid not null,
  mrn text not null,
  lrn text not null,
  consignment_reference text not null,
  step text not null,
  issued_at timestamptz not null,
  -- The firm that declares; the others see it as long as they act for it.
  declarant_firm_id uuid not null,
  content jsonb not null,
  bytes bytea not null
);
create index responses_of_declaration on responses (mrn, position);
create trigger responses_append_only before update or delete or truncate on responses
  for each statement execute function refuse_change();

create table response_recipients (
  firm_id uuid not null,
  written_by xid8 not null,
  position bigint not null,
  response_id uuid not null references responses (id),
  primary key (firm_id, written_by, position)
);

-- Where programs of a firm are told of responses.
create table webhooks (
  id uuid primary key,
  firm_id uuid not null,
  version integer not null default 1,
  url text not null,
  -- Null: every step.
  steps text[],
  -- 32 random bytes with which each delivery is signed; the one before still signs for a day after a change.
  secret bytea not null,
  secret_before bytea,
  secret_changed_at timestamptz,
  state text not null check (state in ('active', 'paused', 'removed')),
  -- Since when no delivery has succeeded; null while they do.
  failing_since timestamptz,
  created_at timestamptz not null,
  created_by uuid not null
);
create index webhooks_of_firm on webhooks (firm_id, created_at desc) where state <> 'removed';

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  webhook_id uuid not null references webhooks (id),
  response_id uuid not null references responses (id),
  state text not null default 'queued' check (state in ('queued', 'delivered', 'failed')),
  attempts integer not null default 0,
  queued_at timestamptz not null,
  next_attempt_at timestamptz not null,
  delivered_at timestamptz,
  -- Status of the last answer, or null when there was none.
  last_status integer,
  last_error text
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where state = 'queued';
create index webhook_deliveries_of_webhook on webhook_deliveries (webhook_id, queued_at desc, id desc);
