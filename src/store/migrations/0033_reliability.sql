-- Gateway processes that work on this database. Each holds an advisory lock on its number for as long as its session
-- lives; a row without that lock is of a process that is gone, and what it had claimed is given to others at once.
create table gateways (
  number integer generated always as identity primary key,
  started_at timestamptz not null default clock_timestamp()
);

-- Which gateway is trying a message; null when none is, or one that had no session: then the lease alone decides.
alter table outgoing_messages add column claimed_by integer;

-- Messages of one conversation that must arrive one after the other have a number; all others have none and wait for
-- nobody. The index holds only those that others may wait for.
create sequence outgoing_order;
alter table outgoing_messages add column order_number bigint;
create index outgoing_in_order on outgoing_messages (partner, conversation, order_number)
  where order_number is not null and state in ('queued', 'held');
