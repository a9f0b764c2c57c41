-- Rates of exchange that the customs administration published: so much of its own currency for so many units of another.
-- Append-only: a correction is a new row with its reason. On a day holds, of the rows whose days include it, the one that
-- begins last, and of these the one recorded last.
create table exchange_rates (
  id uuid primary key,
  -- ISO 4217: the foreign currency.
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  units numeric not null check (units > 0),
  rate numeric not null check (rate > 0),
  source text not null,
  -- Both days included; null while no end is known.
  valid_from date not null,
  valid_until date check (valid_until >= valid_from),
  -- Why another row for the same currency from the same day was needed.
  reason text,
  position bigint generated always as identity,
  recorded_at timestamptz not null,
  recorded_by text not null,
  recorded_by_name text not null
);
create index exchange_rates_by_currency on exchange_rates (currency, valid_from desc, position desc);
