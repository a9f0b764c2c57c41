-- A large message lies in pieces of 1 MiB, so that neither a gateway nor the database ever holds it whole; then its body
-- is null. Messages are encrypted or compressed already: trying to compress them again would be lost work.
alter table outgoing_bodies alter column body drop not null;
alter table outgoing_bodies alter column body set storage external;
alter table outgoing_bodies add column size bigint;
create table outgoing_pieces (
  message_id text not null references outgoing_messages (message_id),
  number integer not null,
  bytes bytea not null,
  primary key (message_id, number)
);
alter table outgoing_pieces alter column bytes set storage external;

alter table incoming_bodies alter column body drop not null;
alter table incoming_bodies alter column body set storage external;
alter table incoming_bodies add column size bigint;
create table incoming_pieces (
  message_id text not null references incoming_messages (message_id),
  number integer not null,
  bytes bytea not null,
  primary key (message_id, number)
);
alter table incoming_pieces alter column bytes set storage external;
