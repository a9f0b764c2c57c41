-- Customs declarations as they stand now; what happened to them is in events (subject = MRN) and in clearance_milestones.
create table declarations (
  id uuid primary key,
  -- Movement reference number, given at registration, unique for ever.
  mrn text not null unique,
  -- Counts up with every change; the ETag.
  version integer not null default 1,
  state text not null check (state in
    ('registered', 'in-clearance', 'conditionally-released', 'released', 'withdrawn', 'seized')),
  channel text check (channel in ('green', 'yellow', 'red')),
  procedure text not null check (procedure in ('import', 'export')),
  type_code text not null,
  -- The trader's own reference, unique per declarant for ever (also after withdrawal).
  lrn text not null,
  ucr text not null,
  -- The firm that declares, and the firm whose people lodged it: the same, or its broker.
  declarant_firm_id uuid not null,
  lodged_by_firm_id uuid not null,
  lodged_by uuid not null,
  office text not null,
  -- Number of the newest row of declaration_versions.
  document_version integer not null default 1,

  -- Copied out of the document for lists, rules and figures.
  importer_name text,
  exporter_name text,
  export_country text,
  destination_country text,
  border_transport_mode text,
  -- First two digits of the first item's commodity code.
  chapter text,
  goods_item_count integer not null,
  goods_description text not null,
  search_text text not null,
  invoice_amount numeric,
  invoice_currency text,
  -- Agreement of the first preference that is claimed, such as ATIGA-FORM-D; null without a claim.
  agreement text,
  authorised_trader boolean not null default false,

  -- What still keeps the goods from being released; each is kept by the part of the house that opens and closes it.
  open_queries integer not null default 0 check (open_queries >= 0),
  open_inspections integer not null default 0 check (open_inspections >= 0),
  open_permits integer not null default 0 check (open_permits >= 0),
  -- Certificates that are referred to and are not here yet, or whose use waits for an answer.
  open_certificates integer not null default 0 check (open_certificates >= 0),
  -- Whether an officer still has to look at the documents (yellow and red channel).
  assessment_open boolean not null default false,
  -- 'none': nothing to pay; 'unknown': could not be computed, an officer decides.
  payment text not null default 'none' check (payment in ('none', 'unknown', 'due', 'paid', 'secured')),

  claimed_by uuid,
  claimed_by_name text,
  claimed_at timestamptz,

  lodged_at timestamptz not null,
  accepted_at timestamptz,
  arrived_at timestamptz,
  channel_at timestamptz,
  -- By when the office means to have decided, from its own service standard.
  target_at timestamptz,
  released_at timestamptz,
  closed_at timestamptz,
  updated_at timestamptz not null,
  unique (declarant_firm_id, lrn)
);
alter table declarations set (fillfactor = 70);
create index declarations_of_firm on declarations (declarant_firm_id, lodged_at desc, id desc);
create index declarations_of_office on declarations (office, lodged_at desc, id desc);
-- Supervisors list those of every office.
create index declarations_by_age on declarations (lodged_at desc, id desc);
create index declarations_of_consignment on declarations (ucr);
-- The worklist: what is open, however many are closed.
create index declarations_worklist on declarations (office, target_at, id) where state in ('in-clearance', 'conditionally-released');

-- Every document of a declaration as it was lodged: the original, amendments, supplementary data. Bytes are in documents.
create table declaration_versions (
  declaration_id uuid not null references declarations (id),
  number integer not null,
  kind text not null check (kind in ('original', 'amendment', 'supplementary')),
  document_digest bytea not null references documents (digest),
  form text not null check (form in ('xml', 'json')),
  -- DeclarationFacts as read from the document.
  facts jsonb not null,
  -- The duty with its working (Assessment), as computed when this version was taken.
  assessment jsonb not null,
  -- Channel with the rules that fired (Selection), kept for ever; null until a channel is assigned for this version.
  selection jsonb,
  lodged_at timestamptz not null,
  lodged_by uuid not null,
  lodged_by_name text not null,
  reason text,
  primary key (declaration_id, number)
);

create sequence declaration_serial;

-- A declarant is found by the identifier in the document.
create index firms_by_identifier on firms (identifier_value);
