-- The first reply to each POST, kept in the transaction of its effect, so that a repetition gets it again.
-- The primary key is also the lock: a second request with the same key waits here for the first one's commit.
create table idempotent_replies (
  person_id uuid not null,
  key text not null,
  -- SHA-256 of method, path and body: the same key with another request is a mistake of the client.
  fingerprint bytea not null,
  status smallint not null,
  headers jsonb not null,
  body bytea,
  created_at timestamptz not null,
  primary key (person_id, key)
);
-- Rows arrive in the order of time and leave in it: a block-range index costs next to nothing at insert.
create index idempotent_replies_by_age on idempotent_replies using brin (created_at) with (pages_per_range = 16);
-- A reply of some kilobytes stays in its row, uncompressed: compressing each one costs more than the room it saves for a day.
alter table idempotent_replies set (toast_tuple_target = 8160);
alter table idempotent_replies alter column body set storage external;
