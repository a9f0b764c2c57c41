-- What is counted: one row per declaration, with what it is counted by and the moments that stand now, kept in the
-- transaction of the event, so that a figure reads no events. Written by src/timing alone.
create table clearance_cases (
  declaration_id uuid primary key,
  mrn text not null unique,
  ucr text not null,
  procedure text not null check (procedure in ('import', 'export')),
  office text not null,
  declarant_firm_id uuid not null,
  border_transport_mode text,
  chapter text,
  agreement text,
  authorised_trader boolean not null,
  -- The channel as it is now; its history is in clearance_case_channels.
  channel text check (channel in ('green', 'yellow', 'red')),
  -- Each moment that intervals start or end with: the first that was recorded, until it is corrected.
  -- Its quality: 0 known to the second, 1 to the minute, 2 to the day; 4 is added when it carries a mark.
  m0_at timestamptz,
  m0_quality smallint not null default 0,
  m1_at timestamptz,
  m1_quality smallint not null default 0,
  m3_at timestamptz,
  m3_quality smallint not null default 0,
  m4_at timestamptz,
  m4_quality smallint not null default 0,
  m10_at timestamptz,
  m10_quality smallint not null default 0,
  m11_at timestamptz,
  m11_quality smallint not null default 0,
  mx_at timestamptz,
  mx_quality smallint not null default 0,
  -- When something of this case was recorded last: a figure as of an earlier moment looks into the events instead.
  changed_at timestamptz not null
);
alter table clearance_cases set (fillfactor = 60);
-- Cases come in the order of time, and a figure takes all of a period: ranges of blocks serve it as well as a tree would,
-- cost next to nothing to keep and let a case be updated in its place.
create index clearance_cases_by_moment on clearance_cases
  using brin (m0_at timestamptz_minmax_multi_ops, m1_at timestamptz_minmax_multi_ops,
    m3_at timestamptz_minmax_multi_ops, m10_at timestamptz_minmax_multi_ops)
  with (pages_per_range = 16, autosummarize = on);

-- Everything that happened, as it was recorded. A correction is a new row that supersedes one.
create table clearance_milestones (
  id bigint generated always as identity primary key,
  declaration_id uuid not null references clearance_cases (declaration_id),
  mrn text not null,
  ucr text not null,
  milestone text not null check (milestone in ('M0', 'M1', 'M2', 'M3', 'M4', 'M5a', 'M5b', 'M6a', 'M6b', 'M7a', 'M7b',
    'M8a', 'M8b', 'M9a', 'M9b', 'M10', 'M11', 'MX')),
  occurred_at timestamptz not null,
  -- IANA zone of the place where it happened.
  zone text not null,
  precision text not null check (precision in ('second', 'minute', 'day')),
  recorded_at timestamptz not null,
  role text not null check (role in ('trader', 'customs', 'other-agency', 'port', 'carrier')),
  -- Country of the node that recorded it.
  node text not null,
  -- The node itself at the moment it happened, the report of a person, or a document (SHA-256 in hex).
  source_kind text not null check (source_kind in ('node', 'person', 'document')),
  source_id text,
  source_name text,
  -- What a start and its end have in common, such as the id of a query.
  pair text,
  supersedes bigint,
  reason text,
  -- What a reader has to know of it: backdated, corrected, repeated, before-arrival, after-release …
  marks text[] not null,
  -- Whether it is the one by which the case is counted: the first of its kind, and corrections of that.
  counts boolean not null,
  unique (id, declaration_id, milestone),
  foreign key (supersedes, declaration_id, milestone) references clearance_milestones (id, declaration_id, milestone),
  check (supersedes is null or reason is not null),
  check ((source_kind = 'node') = (source_id is null))
);
create index clearance_milestones_of_case on clearance_milestones (declaration_id, id);
-- One row is corrected once; who corrects it again corrects the correction.
create unique index clearance_milestones_corrected on clearance_milestones (supersedes) where supersedes is not null;
create index clearance_milestones_by_moment on clearance_milestones
  using brin (occurred_at timestamptz_minmax_multi_ops) with (pages_per_range = 32, autosummarize = on);
create trigger clearance_milestones_append_only before update or delete or truncate on clearance_milestones
  for each statement execute function refuse_change();

-- Every channel that a case was in, since when.
create table clearance_case_channels (
  declaration_id uuid not null references clearance_cases (declaration_id),
  channel text not null check (channel in ('green', 'yellow', 'red')),
  noted_at timestamptz not null,
  id bigint generated always as identity,
  primary key (declaration_id, id)
);
create trigger clearance_case_channels_append_only before update or delete or truncate on clearance_case_channels
  for each statement execute function refuse_change();
