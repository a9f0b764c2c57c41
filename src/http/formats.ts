const DAY = /^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$/;
const MOMENT =
  /^([1-9][0-9]{3}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A day that there is, `YYYY-MM-DD`, in a year of four digits: neither the database nor JavaScript has a year 0. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** A moment with its offset (RFC 3339 §5.6) that JavaScript and the database can hold; they know no leap seconds. */
export function isMoment(text: string): boolean {
  const day = MOMENT.exec(text)?.[1];
  if (day === undefined || !isDay(day)) return false;
  const year = new Date(text).getUTCFullYear();
  return year >= 1000 && year <= 9999;
}

/** A UUID as the database writes it, without `urn:uuid:` (RFC 9562 §4). */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
