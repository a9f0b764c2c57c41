-- Applications for certificates of origin, as they stand now; what happened to them is in events (subject = id).
create table applications (
  id uuid primary key,
  -- Counts up with every change; the ETag of the application.
  version integer not null default 1,
  state text not null check (state in ('draft', 'submitted', 'returned', 'rejected', 'withdrawn', 'issued')),
  -- The firm whose goods these are, and the firm that applies for it: the same, or its broker.
  firm_id uuid not null,
  applicant_firm_id uuid not null,
  created_by uuid not null,
  created_by_name text not null,
  submitted_by uuid,
  office text not null,
  -- Copied out of the content for lists; empty while a draft lacks them.
  scheme text not null,
  exporting_country text not null,
  importing_country text not null,
  consignment_reference text not null,
  search_text text not null,
  content jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  submitted_at timestamptz,
  decided_at timestamptz,
  decided_by text,
  decision_reasons jsonb,
  certificate_number text
);
-- A firm's list and an office's list, newest first, page by page.
create index applications_of_firm on applications (firm_id, created_at desc, id desc);
create index applications_of_office on applications (office, created_at desc, id desc);
-- A step of an application changes no indexed column: with room left in its page the new row stays there, and no index is
-- touched.
alter table applications set (fillfactor = 60);
create index applications_of_consignment on applications (consignment_reference);

-- Attachments (a scanned invoice): bytes in pieces, so that neither upload nor download is ever whole in memory.
create table attachments (
  id uuid primary key,
  application_id uuid not null references applications (id),
  name text not null,
  content_type text not null,
  size bigint not null,
  digest bytea not null,
  added_at timestamptz not null,
  added_by uuid not null,
  added_by_name text not null,
  -- The same file once more is the same attachment: an upload can be repeated without harm.
  unique (application_id, digest, name)
);

-- Written piece by piece while the upload comes in, before the attachment itself: pieces of an upload that broke off
-- have no attachment and are swept.
create table attachment_pieces (
  attachment_id uuid not null,
  position integer not null,
  bytes bytea not null,
  written_at timestamptz not null default clock_timestamp(),
  primary key (attachment_id, position)
);
create index attachment_pieces_by_age on attachment_pieces using brin (written_at);
-- Scans are compressed already; asking Postgres to try again costs time only.
alter table attachment_pieces alter column bytes set storage external;
