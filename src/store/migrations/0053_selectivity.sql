-- What channels are assigned by: rule sets, named lists, authorised traders. Each change is a new version, and what was
-- done with a version is a row of its own: nothing is overwritten.
create table selectivity_versions (
  kind text not null check (kind in ('rule-set', 'list', 'authorised-trader')),
  -- 'rules'; the list's name; the firm's id.
  name text not null,
  number integer not null check (number > 0),
  content jsonb not null,
  -- Seeds of the random rules by rule, in hex; read for drawing and for nothing else.
  seeds jsonb not null default '{}',
  -- What is changed and why, in the words of whoever drew it up.
  reason text not null,
  drafted_at timestamptz not null,
  drafted_by text not null,
  drafted_by_name text not null,
  primary key (kind, name, number),
  check (kind <> 'rule-set' or name = 'rules')
);

-- Past declarations judged by a rule set before it goes live. While a run is under way its row counts on; once it has
-- ended it does not change.
create table selectivity_dry_runs (
  id uuid primary key,
  rule_set integer not null,
  -- Declarations lodged from (inclusive) until (exclusive), the newest first, so many at most.
  lodged_from timestamptz not null,
  lodged_until timestamptz not null check (lodged_until > lodged_from),
  most integer not null check (most > 0),
  -- The moment by which periods of rules are judged.
  as_of timestamptz not null,
  state text not null check (state in ('waiting', 'running', 'done', 'aborted', 'failed')),
  total integer,
  examined integer not null default 0,
  result jsonb,
  failure text,
  requested_at timestamptz not null,
  requested_by text not null,
  requested_by_name text not null,
  -- Who works on it, and when it last said so: another gateway takes over what has gone silent.
  claim uuid,
  claimed_at timestamptz,
  ended_at timestamptz,
  check ((state = 'done') = (result is not null))
);
create index selectivity_dry_runs_of_rule_set on selectivity_dry_runs (rule_set, requested_at desc);
create index selectivity_dry_runs_open on selectivity_dry_runs (requested_at) where state in ('waiting', 'running');

create table selectivity_steps (
  kind text not null,
  name text not null,
  number integer not null,
  step text not null check (step in ('proposed', 'approved', 'withdrawn')),
  at timestamptz not null,
  by_id text not null,
  by_name text not null,
  reason text,
  in_force_from timestamptz,
  dry_run_id uuid references selectivity_dry_runs (id),
  -- Each step once.
  primary key (kind, name, number, step),
  foreign key (kind, name, number) references selectivity_versions (kind, name, number),
  check ((step = 'approved') = (in_force_from is not null))
);
create index selectivity_steps_approved on selectivity_steps (in_force_from) where step = 'approved';

create trigger selectivity_versions_append_only before update or delete or truncate on selectivity_versions
  for each statement execute function refuse_change();
create trigger selectivity_steps_append_only before update or delete or truncate on selectivity_steps
  for each statement execute function refuse_change();

create function keep_ended_dry_run() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.state in ('done', 'aborted', 'failed') then
    raise exception 'a dry run that has ended is kept as it is' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger selectivity_dry_runs_kept before update or delete on selectivity_dry_runs
  for each row execute function keep_ended_dry_run();

-- Dry runs go through the declarations of a period, the newest first.
create index declarations_by_lodgement on declarations (lodged_at desc, id desc);
