-- What operators do to messages: hold, release, send again, deliver again, dismiss; and what they look at.

-- States of outgoing messages: queued → receipted or failed; a person holds what is queued, releases what is held, and
-- sends again or dismisses what failed. A try that was under way when its message was held may still bring a receipt.
alter table outgoing_messages drop constraint outgoing_messages_state_check;
alter table outgoing_messages add constraint outgoing_messages_state_check
  check (state in ('queued', 'held', 'receipted', 'failed', 'dismissed'));
-- States of incoming messages: a quarantined one is delivered again, or dismissed with a reason.
alter table incoming_messages drop constraint incoming_messages_state_check;
alter table incoming_messages add constraint incoming_messages_state_check
  check (state in ('delivered', 'quarantined', 'test', 'dismissed'));

-- Partners to whom nothing is sent until a person releases them. Messages go on being queued for them; the dispatcher
-- neither tries nor gives up what is queued for a held partner.
create table held_partners (
  country text primary key check (country ~ '^[A-Z]{2}$'),
  held_since timestamptz not null,
  held_by text not null,
  held_by_name text not null,
  reason text not null
);

-- Tries that failed: the first ten of a message and the last forty, however long it is tried. Written by the statements
-- that plan the next try or give the message up; a message that is receipted at its first try has none.
create table failed_tries (
  message_id text not null references outgoing_messages (message_id),
  slot smallint not null,
  attempt integer not null,
  -- When the try began.
  tried_at timestamptz not null,
  code text not null,
  reason text not null,
  primary key (message_id, slot)
);

-- Alarms of the log that nobody has acknowledged yet, written with their events. What failed or was quarantined shows by
-- its state instead, until somebody deals with it.
create table open_alarms (
  event_id bigint primary key,
  kind text not null,
  code text not null,
  partner text not null,
  occurred_at timestamptz not null
);
create index open_alarms_alike on open_alarms (kind, code, partner, event_id);
insert into open_alarms (event_id, kind, code, partner, occurred_at)
  select id, kind, coalesce(data ->> 'code', ''), coalesce(data ->> 'partner', ''), occurred_at from events
  where data @> '{"alarm": true}' and kind not in ('message.failed', 'message.quarantined');

-- The indexes below cost an outgoing message 9 µs at its insert and 11 µs at its receipt, an incoming one 13 µs (400,000
-- rows of each, on one of two cores; 22, 24 and 17 µs without them). Most of it are those by conversation, which is random.
-- Lists of messages, newest first, page by page, and all of one conversation.
create index outgoing_by_age on outgoing_messages (queued_at, message_id);
create index outgoing_of_partner on outgoing_messages (partner, queued_at, message_id);
drop index outgoing_partner;
-- What is not done yet, by state: counts, the oldest, and lists, however many messages are done.
create index outgoing_open on outgoing_messages (partner, state, queued_at, message_id) where state <> 'receipted';
drop index outgoing_failed;
create index outgoing_of_conversation on outgoing_messages (conversation, queued_at);
create index incoming_by_age on incoming_messages (received_at, message_id);
create index incoming_of_partner on incoming_messages (partner, received_at, message_id);
create index incoming_of_conversation on incoming_messages (conversation, received_at);
