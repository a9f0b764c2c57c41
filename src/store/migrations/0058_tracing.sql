-- The timeline of a consignment is read from the log by its reference.
create index events_conversation on events (conversation, id) where conversation is not null;

-- What partners told of consignments that concern both.
create table shared_events (
  partner text not null,
  -- The partner's own number of the event.
  number bigint not null,
  consignment_reference text not null,
  kind text not null,
  role text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  primary key (partner, number)
);
create index shared_events_of_consignment on shared_events (consignment_reference, occurred_at);

-- How far each partner was told of each consignment.
create table consignment_shares (
  consignment_reference text not null,
  partner text not null,
  -- Position of the hash chain up to which it was told.
  last_position bigint not null,
  primary key (consignment_reference, partner)
);

-- How far the log was looked through for what is to be shared: a position of the hash chain, which has no gaps.
create table sharing_cursor (
  single boolean primary key default true check (single),
  position bigint not null
);
insert into sharing_cursor (position) values (0);
