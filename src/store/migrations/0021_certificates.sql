-- Certificates of origin on both sides: those this node issued and those it received. The sealed bytes are in
-- documents under document_digest and are never changed; this is what they are found by, and how they stand.
create table certificates (
  id uuid primary key,
  side text not null check (side in ('issuing', 'importing')),
  number text not null,
  state text not null,
  scheme text not null,
  exporting_country text not null,
  importing_country text not null,
  consignment_reference text not null,
  document_digest bytea not null references documents (digest),
  content jsonb,
  search_text text not null,
  exporter_scheme text,
  exporter_identifier text,
  consignee_scheme text,
  consignee_identifier text,
  recorded_at timestamptz not null,
  issued_at timestamptz,

  -- What this node itself found when it checked the sealed bytes.
  own_outcome text not null check (own_outcome in ('verified', 'refused')),
  own_steps jsonb not null,
  own_checked_at timestamptz not null,

  -- Issuing side: where it comes from, how it travels, what the partner answered.
  application_id uuid references applications (id),
  firm_id uuid,
  office text,
  message_id text,
  receipted_at timestamptz,
  -- Message id of the partner's receipt.
  receipt_id text,
  partner_outcome text check (partner_outcome in ('verified', 'refused')),
  partner_steps jsonb,
  partner_answered_at timestamptz,
  response_digest bytea references documents (digest),

  -- Importing side: who delivered it, and our answer.
  received_from text,
  received_message_id text,
  answer_message_id text,
  answer_receipted_at timestamptz,

  unique (side, document_digest)
);
-- A number is given once for ever. On the importing side a refused document takes no number, else anybody could
-- spoil a number by sending rubbish under it first.
create unique index certificates_number on certificates (side, number) where state <> 'refused';
create index certificates_by_number on certificates (number, recorded_at desc);
create index certificates_by_age on certificates (recorded_at desc, id desc);
create index certificates_of_firm on certificates (firm_id, recorded_at desc, id desc) where firm_id is not null;
create index certificates_of_consignee on certificates (consignee_scheme, consignee_identifier, recorded_at desc);
create index certificates_of_consignment on certificates (consignment_reference);
create unique index certificates_message on certificates (message_id) where message_id is not null;
create unique index certificates_answer_message on certificates (answer_message_id) where answer_message_id is not null;
