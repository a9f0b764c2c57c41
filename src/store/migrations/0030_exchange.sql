-- Messages to partners. The row of the queue is narrow; the bytes, which are the same at every try, lie beside it.
create table outgoing_messages (
  message_id text primary key,
  partner text not null,
  conversation text not null,
  service text not null,
  action text not null,
  state text not null default 'queued' check (state in ('queued', 'receipted', 'failed')),
  attempts integer not null default 0,
  queued_at timestamptz not null,
  -- When the next try is due; while a try is under way, when another process may take it over.
  next_attempt_at timestamptz not null,
  window_ends_at timestamptz not null,
  last_attempt_at timestamptz,
  receipted_at timestamptz,
  last_error_code text,
  last_error text
);
-- The dispatcher asks for this only; rows that are done are not in it, however many there are.
create index outgoing_due on outgoing_messages (partner, next_attempt_at) where state = 'queued';
create index outgoing_receipted on outgoing_messages (partner, receipted_at desc) where state = 'receipted';
create index outgoing_failed on outgoing_messages (partner, queued_at) where state = 'failed';
create index outgoing_partner on outgoing_messages (partner);

create table outgoing_bodies (
  message_id text primary key references outgoing_messages (message_id),
  content_type text not null,
  body bytea not null,
  signed_references jsonb not null
);

create table received_receipts (
  message_id text primary key references outgoing_messages (message_id),
  receipt_id text not null,
  bytes bytea not null,
  received_at timestamptz not null
);

-- Messages from partners, kept as they came, with the receipt that was given: a duplicate gets it again.
create table incoming_messages (
  message_id text primary key,
  partner text not null,
  conversation text not null,
  service text not null,
  action text not null,
  digest bytea not null,
  received_at timestamptz not null,
  state text not null check (state in ('delivered', 'quarantined', 'test')),
  reason_code text,
  reason text,
  duplicates integer not null default 0
);
create index incoming_quarantined on incoming_messages (received_at) where state = 'quarantined';

create table incoming_bodies (
  message_id text primary key references incoming_messages (message_id),
  content_type text not null,
  body bytea not null,
  receipt bytea not null
);
