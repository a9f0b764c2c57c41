-- The officer's side of a declaration. What a row of declarations says is how it stands; what was asked, answered, found
-- and decided is in the tables below, append-only where it says so.
alter table declarations
  -- Of the open queries those that the declarant has answered: an officer has to look at them.
  add column answered_queries integer not null default 0 check (answered_queries >= 0),
  -- Of the open permits those that their agency refused: an officer has to decide what follows.
  add column refused_permits integer not null default 0 check (refused_permits >= 0),
  -- When an officer first took it up for work (M5a).
  add column assessment_started_at timestamptz,
  -- When a certificate that was awaited came, or its use was answered.
  add column certificate_arrived_at timestamptz;

-- Who is waited for, one party at a time: whoever has to move first. Payment and certificates come after what an officer
-- or the declarant still has to do.
alter table declarations add column waiting_for text not null generated always as (
  case
    when state = 'registered' then 'arrival'
    when state not in ('in-clearance', 'conditionally-released') then 'nobody'
    when open_queries > answered_queries then 'declarant'
    when open_permits > refused_permits then 'agency'
    when answered_queries > 0 or refused_permits > 0 or open_inspections > 0 or assessment_open then 'officer'
    when payment = 'due' then 'payment'
    when open_certificates > 0 then 'certificate'
    else 'officer'
  end) stored;

-- The worklist goes by target time, then age; without a target time last. All of it together, by who is waited for, and
-- by who has claimed it; the two rarer signs in small indexes of their own.
drop index declarations_worklist;
create index declarations_worklist on declarations
  (office, coalesce(target_at, 'infinity'::timestamptz), lodged_at, id)
  where state in ('registered', 'in-clearance', 'conditionally-released');
create index declarations_worklist_waiting on declarations
  (office, waiting_for, coalesce(target_at, 'infinity'::timestamptz), lodged_at, id)
  where state in ('registered', 'in-clearance', 'conditionally-released');
create index declarations_worklist_claimed on declarations
  (claimed_by, coalesce(target_at, 'infinity'::timestamptz), lodged_at, id)
  where claimed_by is not null and state in ('registered', 'in-clearance', 'conditionally-released');
create index declarations_worklist_answered on declarations
  (office, coalesce(target_at, 'infinity'::timestamptz), lodged_at, id)
  where answered_queries > 0 and state in ('registered', 'in-clearance', 'conditionally-released');
create index declarations_worklist_arrived on declarations
  (office, coalesce(target_at, 'infinity'::timestamptz), lodged_at, id)
  where certificate_arrived_at is not null and state in ('registered', 'in-clearance', 'conditionally-released');

-- Questions to the declarant. Several may be open at once; each goes to and fro until an officer closes it.
create table clearance_queries (
  id uuid primary key,
  declaration_id uuid not null references declarations (id),
  -- Counts from 1 within the declaration.
  number integer not null,
  -- open: the declarant has to answer; answered: an officer has to look; closed.
  state text not null check (state in ('open', 'answered', 'closed')),
  subject text not null,
  answer_by timestamptz not null,
  -- Number of the newest row of clearance_query_turns.
  turn integer not null default 1,
  asked_at timestamptz not null,
  answered_at timestamptz,
  closed_at timestamptz,
  unique (declaration_id, number)
);
create index clearance_queries_waiting on clearance_queries (declaration_id) where state = 'open';

-- What was said, in order: question, answer, question again, closing.
create table clearance_query_turns (
  query_id uuid not null references clearance_queries (id),
  number integer not null,
  kind text not null check (kind in ('question', 'answer', 'closing')),
  text text not null,
  -- Of a question: documents or data asked for, as sentences, and places of the declaration that it is about.
  asked_for jsonb,
  item_sequences integer[] not null default '{}',
  pointers jsonb,
  answer_by timestamptz,
  said_by uuid not null,
  said_by_name text not null,
  said_at timestamptz not null,
  primary key (query_id, number)
);
create trigger clearance_query_turns_append_only before update or delete or truncate on clearance_query_turns
  for each statement execute function refuse_change();

-- Files of both sides, with the turn that they belong to; bytes in pieces as in attachment_pieces.
create table clearance_files (
  id uuid primary key,
  query_id uuid not null references clearance_queries (id),
  turn integer not null,
  side text not null check (side in ('customs', 'declarant')),
  name text not null,
  content_type text not null,
  size bigint not null,
  digest bytea not null,
  added_at timestamptz not null,
  added_by uuid not null,
  added_by_name text not null,
  unique (query_id, turn, side, digest, name)
);
create table clearance_file_pieces (
  file_id uuid not null,
  position integer not null,
  bytes bytea not null,
  written_at timestamptz not null default clock_timestamp(),
  primary key (file_id, position)
);
create index clearance_file_pieces_by_age on clearance_file_pieces using brin (written_at);
alter table clearance_file_pieces alter column bytes set storage external;

create table clearance_inspections (
  id uuid primary key,
  declaration_id uuid not null references declarations (id),
  number integer not null,
  state text not null check (state in ('ordered', 'started', 'done', 'called-off')),
  what text not null,
  place text,
  -- Empty: the whole consignment.
  item_sequences integer[] not null default '{}',
  -- Null: ordered by the system for the red channel.
  ordered_by uuid,
  ordered_by_name text not null,
  ordered_at timestamptz not null,
  started_at timestamptz,
  started_by_name text,
  done_at timestamptz,
  unique (declaration_id, number)
);

-- Permits of other agencies, each with a clock of its own.
create table clearance_permits (
  id uuid primary key,
  declaration_id uuid not null references declarations (id),
  number integer not null,
  state text not null check (state in ('awaited', 'granted', 'refused', 'not-required')),
  agency text not null,
  subject text not null,
  item_sequences integer[] not null default '{}',
  opened_by uuid,
  opened_by_name text not null,
  opened_at timestamptz not null,
  reference text,
  -- How this node knows the agency's answer.
  source text,
  decided_at timestamptz,
  unique (declaration_id, number)
);

-- Money that came or was secured, as it was reported; never computed here, never changed.
create table clearance_payments (
  id uuid primary key,
  declaration_id uuid not null references declarations (id),
  kind text not null check (kind in ('payment', 'security')),
  amount numeric not null check (amount > 0),
  currency text not null,
  reference text not null,
  source text not null,
  occurred_at timestamptz not null,
  recorded_by uuid not null,
  recorded_by_name text not null,
  recorded_at timestamptz not null,
  -- The same receipt is counted once, however often it is reported.
  unique (kind, reference, currency)
);
create index clearance_payments_of_declaration on clearance_payments (declaration_id);
create trigger clearance_payments_append_only before update or delete or truncate on clearance_payments
  for each statement execute function refuse_change();

-- What officers found and decided, each with its reasons; a later decision supersedes, it changes nothing.
create table clearance_decisions (
  id uuid primary key,
  declaration_id uuid not null references declarations (id),
  number integer not null,
  kind text not null check (kind in
    ('assessment-proposed', 'assessment', 'preference-withheld', 'preference-restored', 'inspection-result',
     'permit-answered', 'conditional-release', 'release', 'seizure')),
  -- The version of the document that was looked at.
  document_version integer not null,
  item_sequences integer[] not null default '{}',
  reasons jsonb not null,
  detail jsonb not null,
  decided_by uuid not null,
  decided_by_name text not null,
  decided_at timestamptz not null,
  unique (declaration_id, number)
);
create trigger clearance_decisions_append_only before update or delete or truncate on clearance_decisions
  for each statement execute function refuse_change();
