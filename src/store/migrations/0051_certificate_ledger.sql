-- The ledger of certificates of origin. At the node that draws on a certificate (importing side) an item has an allotment, of
-- which declarations set quantities aside; at the node that issued it (issuing side) an item has a quantity, of which countries
-- are allotted parts. A node draws only from its own allotment, and the sum of allotments never exceeds the quantity, so
-- that no message that is late, lost, doubled or out of order can let a certificate be used beyond its quantity.

-- One row per certificate and node: what the acts of officers are guarded by, and how far the partners' messages were taken.
create table certificate_ledgers (
  number text primary key,
  side text not null check (side in ('issuing', 'importing')),
  -- Counts up with every change that is not a draw; with the changes of the allotments it is the ETag.
  version integer not null default 1,
  opened_at timestamptz not null
);

-- Importing side: what this country may use of each item, and what it used.
create table certificate_allotments (
  number text not null references certificate_ledgers (number),
  item integer not null,
  unit text not null,
  -- Quantity on the certificate.
  issued numeric not null check (issued >= 0),
  -- All that was ever allotted to this country, and all that it ever gave back to the issuing country: both only grow.
  granted numeric not null check (granted >= 0),
  returned numeric not null default 0 check (returned >= 0),
  reserved numeric not null default 0 check (reserved >= 0),
  written_off numeric not null default 0 check (written_off >= 0),
  -- Counts draws and what undoes them, so that a draw touches no other row than this one.
  changes integer not null default 0,
  primary key (number, item),
  check (reserved + written_off <= granted - returned)
);
-- A draw changes no indexed column: with room left in its page the new row stays there.
alter table certificate_allotments set (fillfactor = 50);

-- Issuing side: what there is of each item, and how much of it is allotted to all countries together.
create table certificate_quantities (
  number text not null references certificate_ledgers (number),
  item integer not null,
  unit text not null,
  issued numeric not null check (issued >= 0),
  allotted numeric not null check (allotted >= 0),
  primary key (number, item),
  check (allotted <= issued)
);

-- Issuing side: what each country was allotted, and what it reported.
create table certificate_country_allotments (
  number text not null,
  item integer not null,
  country text not null,
  granted numeric not null check (granted >= 0),
  returned numeric not null default 0 check (returned >= 0),
  reserved numeric not null default 0 check (reserved >= 0),
  written_off numeric not null default 0 check (written_off >= 0),
  primary key (number, item, country),
  foreign key (number, item) references certificate_quantities (number, item),
  check (reserved + written_off <= granted - returned)
);

-- The messages about one certificate between this node and one partner, each numbered by its sender.
create table certificate_partners (
  number text not null references certificate_ledgers (number),
  country text not null,
  sent_sequence bigint not null default 0,
  received_sequence bigint not null default 0,
  -- Moment of the partner's newest message, by the partner's clock.
  reported_at timestamptz,
  -- The partner is to be told something at this moment (later after a failure); null when all is told.
  due_at timestamptz,
  -- A part of the allotment was given back since the last message.
  due_return boolean not null default false,
  primary key (number, country)
);
create index certificate_partners_due on certificate_partners (due_at) where due_at is not null;

-- Every reference of a declaration (or of a certificate issued back to back) to a certificate, as it stands now; what
-- happened to it is in events (subject = certificate number).
create table certificate_uses (
  id uuid primary key,
  -- Order of lodgement.
  position bigint generated always as identity,
  declaration_id uuid,
  movement_reference text,
  -- The certificate that was issued back to back on this one.
  issued_number text,
  item_sequence integer not null,
  number text not null,
  -- Item of the certificate, once it is found.
  item integer,
  -- As claimed, and in the unit of the certificate's item.
  claimed_value numeric,
  claimed_unit text,
  quantity numeric,
  state text not null check (state in ('awaited', 'reserved', 'written-off', 'given-back', 'refused')),
  code text,
  reason text not null,
  -- Belongs to an earlier version of its declaration.
  superseded boolean not null default false,
  -- What the claim says, to judge it again when the certificate arrives.
  claim jsonb not null,
  importer_identifier text,
  lodged_at timestamptz not null,
  updated_at timestamptz not null,
  -- Written off since the last report to the issuing country; null otherwise.
  unreported numeric,
  check ((declaration_id is null) <> (issued_number is null)),
  check (state not in ('reserved', 'written-off') or (item is not null and quantity is not null and code is null))
);
alter table certificate_uses set (fillfactor = 70);
create index certificate_uses_of_declaration on certificate_uses (declaration_id, position) where declaration_id is not null;
create index certificate_uses_of_certificate on certificate_uses (number, position);
create index certificate_uses_awaited on certificate_uses (number, position) where state = 'awaited';
create index certificate_uses_unreported on certificate_uses (number, position) where unreported is not null;

-- Issuing side: each use and correction that a country reported, once; never changed.
create table certificate_reported_uses (
  number text not null references certificate_ledgers (number),
  country text not null,
  sequence bigint not null,
  line integer not null,
  item integer not null,
  quantity numeric not null,
  given_back boolean not null,
  used_on date not null,
  movement_reference text,
  reported_at timestamptz not null,
  primary key (number, country, sequence, line)
);

-- Declarations whose awaited uses were decided, for clearance to be told in a transaction of their own.
create table certificate_resolutions (
  id bigint generated always as identity primary key,
  declaration_id uuid not null,
  -- Not before this moment; put off when clearance failed.
  due_at timestamptz not null
);

-- Certificates that were issued or verified before there was a ledger: the whole quantity belongs to the importing country.
insert into certificate_ledgers (number, side, opened_at)
  select number, side, recorded_at from certificates
  where content is not null and (side = 'issuing' or state = 'verified')
  on conflict do nothing;
insert into certificate_allotments (number, item, unit, issued, granted)
  select c.number, (g ->> 'itemNumber')::integer, g -> 'quantity' ->> 'unit', (g -> 'quantity' ->> 'value')::numeric,
    (g -> 'quantity' ->> 'value')::numeric
  from certificates c cross join jsonb_array_elements(c.content -> 'goodsItems') g
  where c.side = 'importing' and c.state = 'verified';
insert into certificate_quantities (number, item, unit, issued, allotted)
  select c.number, (g ->> 'itemNumber')::integer, g -> 'quantity' ->> 'unit', (g -> 'quantity' ->> 'value')::numeric,
    (g -> 'quantity' ->> 'value')::numeric
  from certificates c cross join jsonb_array_elements(c.content -> 'goodsItems') g
  where c.side = 'issuing' and c.content is not null;
insert into certificate_country_allotments (number, item, country, granted)
  select q.number, q.item, c.importing_country, q.issued
  from certificate_quantities q join certificates c on c.number = q.number and c.side = 'issuing';
insert into certificate_partners (number, country)
  select c.number, case c.side when 'issuing' then c.importing_country else c.exporting_country end
  from certificates c join certificate_ledgers l using (number, side) where c.state <> 'refused';
