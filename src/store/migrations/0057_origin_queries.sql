-- Queries about certificates of origin: those this administration put to issuing countries, and those put to it.
create table origin_queries (
  -- The id that both sides name it by.
  id uuid not null,
  side text not null check (side in ('asking', 'answering')),
  version integer not null default 1,
  state text not null check (state in ('asked', 'answered', 'determined', 'withdrawn')),
  partner text not null,
  certificate_number text not null,
  document_digest bytea not null,
  scheme text not null,
  consignment_reference text not null,
  basis text not null check (basis in ('random', 'doubt')),
  doubts jsonb not null,
  asked_at timestamptz not null,
  -- When the other side had it: what the time to answer is counted from.
  received_at timestamptz,
  answer_by timestamptz,
  procedure_ends date not null,
  message_id text,
  -- Asking side: whose declaration it is about, and who asked.
  declaration_id uuid,
  mrn text,
  asked_by_name text,
  -- Answering side: the office that issued the certificate.
  office text,
  outcome text check (outcome in ('originating', 'not-originating', 'withdrawn')),
  outcome_reason text,
  closed_at timestamptz,
  primary key (side, id)
);
create index origin_queries_open on origin_queries (side, answer_by) where state = 'asked';
create index origin_queries_by_age on origin_queries (side, asked_at desc, id desc);
create index origin_queries_of_declaration on origin_queries (declaration_id) where declaration_id is not null;
create index origin_queries_of_consignment on origin_queries (consignment_reference);
create unique index origin_queries_message on origin_queries (message_id) where message_id is not null;

-- What was answered; a later answer supersedes, none is changed.
create table origin_answers (
  query_id uuid not null,
  side text not null,
  number integer not null,
  authentic boolean not null,
  findings jsonb not null,
  statement text,
  answered_at timestamptz not null,
  answered_by_name text,
  paper_id uuid not null references papers (id),
  primary key (side, query_id, number),
  foreign key (side, query_id) references origin_queries (side, id)
);
create trigger origin_answers_append_only before update or delete or truncate on origin_answers
  for each statement execute function refuse_change();
