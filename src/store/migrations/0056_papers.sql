-- Papers that nodes tell each other (canonical JSON with a detached seal). The bytes of paper, seal and attachments are in
-- documents; what a paper means is kept by the journey that it belongs to.
create table papers (
  id uuid primary key,
  side text not null check (side in ('sent', 'received')),
  kind text not null,
  partner text not null,
  consignment_reference text not null,
  paper_digest bytea not null references documents (digest),
  seal_digest bytea not null references documents (digest),
  message_id text,
  recorded_at timestamptz not null,
  -- Sent: when the partner's receipt came, and what it answered. Received: what we answered.
  receipted_at timestamptz,
  answered_at timestamptz,
  outcome text check (outcome in ('read', 'refused')),
  reasons jsonb,
  unique (side, partner, paper_digest)
);
create unique index papers_message on papers (side, message_id) where message_id is not null;
create index papers_of_consignment on papers (consignment_reference, recorded_at);

-- Export declarations of this country that were sent forward, and those of others that are on their way here.
create table forwarded_declarations (
  id uuid primary key,
  side text not null check (side in ('sent', 'received')),
  partner text not null,
  mrn text not null,
  consignment_reference text not null,
  document_version integer not null,
  status text not null check (status in ('accepted', 'amended', 'withdrawn')),
  document_digest bytea references documents (digest),
  media_type text,
  paper_id uuid not null references papers (id),
  -- As this node read the document; null when it was withdrawn.
  facts jsonb,
  -- Identifier of the importer or consignee that the document names: whose people see it in the country of destination.
  importer_identifier text,
  recorded_at timestamptz not null,
  unique (side, partner, mrn, document_version, status)
);
create index forwarded_of_consignment on forwarded_declarations (consignment_reference, recorded_at desc);
create index forwarded_of_importer on forwarded_declarations (importer_identifier, recorded_at desc, id desc)
  where importer_identifier is not null;
create index forwarded_by_age on forwarded_declarations (side, recorded_at desc, id desc);
