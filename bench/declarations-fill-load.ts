import pg from 'pg';

// Fills a node's database with declarations by generate_series, in the manner of an administration with twenty offices
// and two thousand declarants over two years: documents, facts, duty and selection are those of declarations that were
// really lodged; what is copied out of them, states, channels and moments are spread as said below.

/** Rows of one statement. */
const CHUNK = 50_000;

/** `h(n, salt, m)`: a number below m that looks random and is the same in every run. */
const PREPARE = `
  create function pg_temp.h(n bigint, salt int, m int) returns int language sql immutable parallel safe
    as 'select ((hashint8extended(n, salt) & 9223372036854775807) % m)::int';
  create temp table template as
    select row_number() over (order by d.mrn) - 1 as k, d.*, v.document_digest, v.form, v.facts, v.assessment, v.selection
    from declarations d join declaration_versions v on v.declaration_id = d.id and v.number = 1;
  create temp table filled (
    n bigint primary key, id uuid not null, mrn text not null, k bigint not null, firm uuid not null, office text not null,
    channel text, state text not null, lodged timestamptz not null, waits text not null);
  create temp table certificate as select number, row_number() over (order by number) - 1 as place from certificates
    where side = 'importing';
  create temp table own_firm as select distinct declarant_firm_id as id from template;
  create temp table other_firm (n int primary key, id uuid not null default gen_random_uuid());
  insert into other_firm (n) select generate_series(0, 1999);
  insert into firms (id, name, identifier_scheme, identifier_value, country, created_at)
    select id, 'Trading house ' || n || ' Co., Ltd.', 'VN:TIN', 'BENCH' || n, 'VN', now() from other_firm;
  analyze certificate; analyze template; analyze other_firm;`;

/**
 * $1 to $2 of $3: the newest 2% are open (8% of these registered ahead, the others in clearance), 1% withdrawn, the rest
 * released; 85% green, 12% yellow, 3% red, of the open ones 40, 45 and 15%; 30% at the officer's own office; one in 200
 * of the declarant that the trader of the run belongs to.
 */
const CHOOSE = `
  insert into filled
  select n, gen_random_uuid(), '26VNZ' || lpad(n::text, 12, '0') || 'X', pg_temp.h(n, 1, (select count(*)::int from template)),
    case when pg_temp.h(n, 2, 200) = 0 then (select id from own_firm limit 1)
      else (select id from other_firm f where f.n = floor(power(pg_temp.h(numbered.n, 3, 1000) / 1000.0, 3) * 2000)::int) end,
    case when pg_temp.h(n, 4, 10) < 3 then $4::text else 'VN' || lpad(pg_temp.h(n, 5, 19)::text, 3, '0') || 'C' end,
    case when is_open and r < 8 then null
      when is_open then case when c < 40 then 'green' when c < 85 then 'yellow' else 'red' end
      else case when c < 85 then 'green' when c < 97 then 'yellow' else 'red' end end,
    case when is_open then case when r < 8 then 'registered' when r >= 97 then 'conditionally-released' else 'in-clearance' end
      when pg_temp.h(n, 6, 100) = 0 then 'withdrawn' else 'released' end,
    now() - (($3 - n) * interval '730 days' / $3),
    case when not is_open or r < 8 then 'nobody' when r < 45 then 'officer' when r < 60 then 'declarant'
      when r < 85 then 'payment' when r < 92 then 'certificate' when r < 97 then 'agency' else 'officer' end
  from (select n, n > $3 * 0.98 as is_open, pg_temp.h(n, 7, 100) as r, pg_temp.h(n, 8, 100) as c
    from generate_series($1::bigint, $2::bigint) n) numbered`;

const DECLARATIONS = `
  insert into declarations (id, mrn, version, state, channel, procedure, type_code, lrn, ucr, declarant_firm_id,
    lodged_by_firm_id, lodged_by, office, document_version, importer_name, exporter_name, export_country,
    destination_country, border_transport_mode, chapter, goods_item_count, goods_description, search_text,
    invoice_amount, invoice_currency, agreement, authorised_trader, open_queries, answered_queries, open_inspections,
    open_permits, open_certificates, assessment_open, payment, claimed_by, claimed_by_name, claimed_at, lodged_at,
    accepted_at, arrived_at, channel_at, target_at, released_at, closed_at, updated_at, certificate_arrived_at)
  select f.id, f.mrn, 3, f.state, f.channel, t.procedure, t.type_code, 'B-' || f.n, '6VN-BENCH-' || f.n, f.firm, f.firm,
    t.lodged_by, f.office, 1, firms.name, 'Exporter ' || pg_temp.h(f.n, 9, 5000) || ' Ltd.', t.export_country,
    t.destination_country, t.border_transport_mode, lpad((1 + pg_temp.h(f.n, 10, 97))::text, 2, '0'), t.goods_item_count,
    t.goods_description || ', lot ' || f.n,
    lower('B-' || f.n || chr(10) || '6VN-BENCH-' || f.n || chr(10) || firms.name || chr(10) || 'Exporter '
      || pg_temp.h(f.n, 9, 5000) || ' Ltd.' || chr(10) || t.goods_description || ', lot ' || f.n),
    t.invoice_amount, t.invoice_currency, t.agreement, false,
    case when f.waits = 'declarant' or (f.waits = 'officer' and pg_temp.h(f.n, 11, 5) = 0) then 1 else 0 end,
    case when f.waits = 'officer' and pg_temp.h(f.n, 11, 5) = 0 then 1 else 0 end,
    case when f.waits = 'officer' and f.channel = 'red' then 1 else 0 end, case when f.waits = 'agency' then 1 else 0 end,
    case when f.waits = 'certificate' then 1 else 0 end, f.waits = 'officer' and f.channel <> 'green',
    case when f.waits = 'payment' then 'due' else 'paid' end,
    case when f.waits = 'officer' and pg_temp.h(f.n, 12, 10) = 0 then $3::uuid end,
    case when f.waits = 'officer' and pg_temp.h(f.n, 12, 10) = 0 then 'Clearance officer' end,
    case when f.waits = 'officer' and pg_temp.h(f.n, 12, 10) = 0 then f.lodged + interval '1 hour' end,
    f.lodged, case when f.state <> 'registered' then f.lodged end, case when f.state <> 'registered' then f.lodged end,
    case when f.channel is not null then f.lodged end,
    case when f.channel is not null then f.lodged + pg_temp.h(f.n, 13, 72) * interval '1 hour' end,
    case when f.state in ('released', 'conditionally-released') then f.lodged + took end,
    case when f.state in ('released', 'withdrawn') then f.lodged + took end, f.lodged + took,
    case when f.waits = 'officer' and pg_temp.h(f.n, 14, 50) = 0 then f.lodged + interval '2 hours' end
  from (select *, pg_temp.h(n, 15, 4320) * interval '1 minute' as took from filled) f
    join template t on t.k = f.k join firms on firms.id = f.firm
  where f.n between $1 and $2`;

const VERSIONS = `
  insert into declaration_versions (declaration_id, number, kind, document_digest, form, facts, assessment, selection,
    lodged_at, lodged_by, lodged_by_name)
  select f.id, 1, 'original', t.document_digest, t.form, t.facts, t.assessment,
    case when f.channel is not null then t.selection end, f.lodged, t.lodged_by, 'Import manager'
  from filled f join template t on t.k = f.k where f.n between $1 and $2`;

const CASES = `
  insert into clearance_cases (declaration_id, mrn, ucr, procedure, office, declarant_firm_id, border_transport_mode,
    chapter, agreement, authorised_trader, channel, m0_at, m1_at, m3_at, m4_at, m10_at, mx_at, changed_at)
  select id, mrn, ucr, procedure, office, declarant_firm_id, border_transport_mode, chapter, agreement, false, channel,
    lodged_at, arrived_at, accepted_at, channel_at, released_at, case when state = 'withdrawn' then closed_at end, updated_at
  from declarations where id in (select id from filled where n between $1 and $2)`;

const PAYMENTS = `
  insert into clearance_payments (id, declaration_id, kind, amount, currency, reference, source, occurred_at, recorded_by,
    recorded_by_name, recorded_at)
  select gen_random_uuid(), f.id, 'payment', 1840000, 'VND', 'BENCH-' || f.n, 'Treasury', f.lodged, t.lodged_by, 'Treasury', f.lodged
  from filled f join template t on t.k = f.k where f.n between $1 and $2 and f.waits <> 'payment' and pg_temp.h(f.n, 16, 10) < 6`;

const USES = `
  insert into certificate_uses (id, declaration_id, movement_reference, item_sequence, number, item, claimed_value,
    claimed_unit, quantity, state, reason, claim, importer_identifier, lodged_at, updated_at)
  select gen_random_uuid(), f.id, f.mrn, u.item_sequence, c.number, 1, 100, 'C62', 100, 'written-off', u.reason, u.claim,
    u.importer_identifier, f.lodged, f.lodged
  from filled f join template t on t.k = f.k join certificate_uses u on u.declaration_id = t.id
    join certificate c on c.place = f.n % (select count(*) from certificate)
  where f.n between $1 and $2`;

const INSPECTIONS = `
  insert into clearance_inspections (id, declaration_id, number, state, what, ordered_by_name, ordered_at)
  select gen_random_uuid(), f.id, 1, case when f.waits = 'officer' then 'ordered' else 'done' end,
    'The whole consignment', 'Selat', f.lodged
  from filled f where f.n between $1 and $2 and f.channel = 'red'`;

const QUERIES = `
  insert into clearance_queries (id, declaration_id, number, state, subject, answer_by, asked_at)
  select gen_random_uuid(), f.id, 1, case when f.waits = 'declarant' then 'open' else 'closed' end, 'Invoice', f.lodged
    + interval '10 days', f.lodged
  from filled f where f.n between $1 and $2 and (f.waits = 'declarant' or pg_temp.h(f.n, 17, 12) = 0)`;

const DECISIONS = `
  insert into clearance_decisions (id, declaration_id, number, kind, document_version, reasons, detail, decided_by,
    decided_by_name, decided_at)
  select gen_random_uuid(), f.id, 1, 'assessment', 1, '[{"reason":"The documents agree."}]', '{}', $3::uuid,
    'Clearance officer', f.lodged + interval '1 hour'
  from filled f where f.n between $1 and $2 and f.state = 'released' and f.channel in ('yellow', 'red')`;

const TABLES =
  'declarations, declaration_versions, clearance_cases, clearance_payments, certificate_uses, clearance_inspections, clearance_queries, clearance_decisions, firms';

/**
 * Stores so many declarations after the manner of those that are there, and lets the server take stock of its tables.
 * Milestones, events and responses are left out: neither worklist nor verdict reads them.
 * @param officer who has claimed and decided
 */
export async function fillDeclarations(
  databaseUrl: string,
  count: number,
  office: string,
  officer: string,
): Promise<{ seconds: number; gigabytes: number }> {
  const begun = performance.now();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Foreign keys and append-only triggers are not asked for each row.
    await client.query("set session_replication_role = replica; set synchronous_commit = off; set work_mem = '256MB'");
    await client.query(PREPARE);
    for (let first = 1; first <= count; first += CHUNK) {
      const last = Math.min(count, first + CHUNK - 1);
      await client.query(CHOOSE, [first, last, count, office]);
      await client.query('analyze filled');
      await client.query(DECLARATIONS, [first, last, officer]);
      for (const text of [VERSIONS, CASES, PAYMENTS, USES, INSPECTIONS, QUERIES])
        await client.query(text, [first, last]);
      await client.query(DECISIONS, [first, last, officer]);
    }
    await client.query(`vacuum analyze ${TABLES}`);
    await client.query('checkpoint');
    const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
    return { seconds: (performance.now() - begun) / 1_000, gigabytes: Number(rows[0]?.bytes) / 1024 ** 3 };
  } finally {
    await client.end();
  }
}
