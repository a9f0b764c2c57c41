import type { Selection } from '../../selectivity/selection.ts';
import type { Assessment } from '../../tariff/assessment.ts';
import type { DutyStanding } from './duty-standing.ts';
import type { DirectoryStanding, ExportComparison } from './parts.ts';
import type { InspectionStanding, ItemInspection, PaymentRecord, PermitStanding, QueryStanding } from './standing.ts';
import { type Evidence, entry, several, type VerdictAnswer, type VerdictEntry, worst } from './verdict-entry.ts';

/** Permits of other agencies: each granted, awaited or refused. */
export function permitEntry(permits: readonly PermitStanding[]): VerdictEntry {
  const counted = permits.filter((permit) => permit.state !== 'not-required');
  if (counted.length === 0)
    return entry('permits-granted', 'not-applicable', 'NO-PERMIT-NEEDED', 'No permit of another agency is asked for.');
  const answers = { awaited: 'waiting', granted: 'yes', refused: 'no', 'not-required': 'not-applicable' } as const;
  const evidence = counted.map(
    (permit): Evidence => ({
      kind: 'permit',
      answer: answers[permit.state],
      words: `${permit.agency}: ${permit.subject} ${permit.state}${permit.reference === null ? '' : ` (${permit.reference})`}.`,
    }),
  );
  const answer = worst(evidence.map((one) => one.answer));
  const telling = evidence.filter((one) => one.answer === answer).map((one) => one.words);
  return entry('permits-granted', answer, `PERMITS-${answer.toUpperCase()}`, several(telling), evidence);
}

/** The duty as it stands, item by item; a tariff cell that was not understood is shown as it is printed. */
export function dutyEntry(declared: Assessment, duty: DutyStanding): VerdictEntry {
  const assessedOf = new Map(declared.items.map((item) => [item.sequence, item]));
  const evidence = duty.items.map((item): Evidence => {
    const assessed = assessedOf.get(item.sequence);
    const printed =
      item.due === null && assessed !== undefined && !assessed.claimed.computed && assessed.claimed.rate !== undefined
        ? ` The tariff prints “${assessed.claimed.rate.printed}”.`
        : '';
    const amount = item.due === null ? '' : `${item.due.amount} ${item.due.currency}: `;
    return {
      kind: 'duty',
      answer: item.due === null ? 'not-checked' : 'yes',
      words: `Item ${item.sequence}: ${amount}${item.reason}${printed}`,
      code: item.code,
      itemSequence: item.sequence,
    };
  });
  const unknown = evidence.filter((one) => one.answer === 'not-checked');
  if (unknown.length > 0)
    return entry(
      'duty-computed',
      'not-checked',
      unknown[0]?.code ?? 'DUTY-UNKNOWN',
      `Not computed for ${unknown.length} of ${evidence.length} items. ${several(unknown.map((one) => one.words))}`,
      evidence,
    );
  const total = duty.due === null ? '' : `${duty.due.amount} ${duty.due.currency} due. `;
  return entry('duty-computed', 'yes', 'DUTY-COMPUTED', `${total}${declared.notIncluded}`, evidence);
}

/** What the exporter declared in the other country, beside what is declared here; slips of the pen do not weigh. */
export function exportEntry(comparison: ExportComparison): VerdictEntry {
  if (!comparison.compared)
    return entry(
      'export-agrees',
      'not-checked',
      'EXPORT-DECLARATION-NOT-RECEIVED',
      `Not checked: ${comparison.reason}`,
    );
  const evidence = comparison.differences.map(
    (one): Evidence => ({
      kind: 'difference',
      answer: one.weight === 'notable' ? 'no' : 'yes',
      words: `${one.words} Here: ${one.imported}; exporter: ${one.exported}.`,
      code: one.code,
      ...(one.pointer === '' ? {} : { pointer: one.pointer }),
    }),
  );
  const from = `${comparison.movementReference} of ${comparison.from}`;
  const notable = evidence.filter((one) => one.answer === 'no');
  if (notable.length > 0)
    return entry(
      'export-agrees',
      'no',
      'EXPORT-DIFFERS',
      `Differs from the export declaration ${from}. ${several(notable.map((one) => one.words))}`,
      evidence,
    );
  const minor = evidence.length === 0 ? '' : ` up to ${evidence.length} minor differences`;
  return entry(
    'export-agrees',
    'yes',
    'EXPORT-AGREES',
    `It agrees with the export declaration ${from}${minor}.`,
    evidence,
  );
}

const CHANNEL_WORDS = {
  green: 'no control was selected',
  yellow: 'the documents are to be looked at',
  red: 'the goods are to be inspected',
} as const;

/** The channel and the rules that chose it; the reasons are for officers only. */
export function riskEntry(selection: Selection | null): VerdictEntry {
  if (selection === null) return entry('risk', 'waiting', 'CHANNEL-NOT-ASSIGNED', 'No channel was assigned yet.');
  const evidence = selection.fired.map((rule): Evidence => {
    const lowered =
      rule.lowered === undefined ? '' : `, lowered to ${rule.lowered.to} by ${rule.lowered.by.join(', ')}`;
    return {
      kind: 'rule',
      answer: (rule.lowered?.to ?? rule.channel) === 'green' ? 'yes' : 'no',
      words: `${rule.rule} (version ${rule.version}) → ${rule.channel}${lowered}: ${rule.reason}`,
      code: rule.rule,
    };
  });
  return entry(
    'risk',
    selection.channel === 'green' ? 'yes' : 'no',
    `CHANNEL-${selection.channel.toUpperCase()}`,
    `${selection.channel} channel: ${CHANNEL_WORDS[selection.channel]}.`,
    evidence,
  );
}

/** The queries to the declarant. */
export function queryEntry(queries: readonly QueryStanding[], now: Date): VerdictEntry {
  if (queries.length === 0)
    return entry('queries-answered', 'not-applicable', 'NO-QUERY', 'Nothing was asked of the declarant.');
  const evidence = queries.map((query): Evidence => {
    const overdue = query.state === 'open' && Date.parse(query.answerBy) < now.getTime();
    const words = {
      open: overdue ? `overdue since ${query.answerBy}` : `answer expected by ${query.answerBy}`,
      answered: `answered at ${query.answeredAt ?? ''}, to be looked at`,
      closed: 'closed',
    };
    return {
      kind: 'query',
      answer: query.state === 'closed' ? 'yes' : query.state === 'answered' ? 'no' : 'waiting',
      words: `${query.number} “${query.subject}”: ${words[query.state]}.`,
      ...(overdue ? { code: 'QUERY-OVERDUE' } : {}),
    };
  });
  const answer = worst(evidence.map((one) => one.answer));
  const codes: Partial<Record<VerdictAnswer, string>> = { no: 'ANSWER-UNREAD', waiting: 'QUERY-OPEN' };
  return entry(
    'queries-answered',
    answer,
    evidence.find((one) => one.answer === answer && one.code !== undefined)?.code ?? codes[answer] ?? 'QUERIES-CLOSED',
    several(evidence.filter((one) => one.answer === answer).map((one) => one.words)),
    evidence,
  );
}

/** Inspections, each with its result where it has one. */
export function inspectionEntry(
  inspections: readonly InspectionStanding[],
  results: ReadonlyMap<string, readonly ItemInspection[]>,
): VerdictEntry {
  const counted = inspections.filter((one) => one.state !== 'called-off');
  if (counted.length === 0)
    return entry('inspection-conforming', 'not-applicable', 'NO-INSPECTION', 'No inspection was ordered.');
  const evidence = counted.flatMap((one): Evidence[] => {
    if (one.state !== 'done')
      return [
        { kind: 'inspection', answer: 'waiting', words: `${one.number} “${one.what}”: ${one.state}, no result yet.` },
      ];
    const result = results.get(one.id);
    if (result === undefined)
      return [
        { kind: 'inspection', answer: 'not-checked', words: `${one.number} “${one.what}”: its result is not here.` },
      ];
    return result.map((item) => ({
      kind: 'inspection',
      answer: item.conforming ? 'yes' : 'no',
      words: item.conforming
        ? `Item ${item.sequence}: found as declared.`
        : `Item ${item.sequence}: ${item.description ?? 'not as declared'}${item.quantityFound === undefined ? '' : ` (found ${item.quantityFound.value} ${item.quantityFound.unit})`}.`,
      itemSequence: item.sequence,
    }));
  });
  const answer = worst(evidence.map((one) => one.answer));
  const codes: Partial<Record<VerdictAnswer, string>> = { no: 'INSPECTION-DISCREPANCY', waiting: 'INSPECTION-OPEN' };
  return entry(
    'inspection-conforming',
    answer,
    codes[answer] ?? `INSPECTION-${answer.toUpperCase()}`,
    several(evidence.filter((one) => one.answer === answer).map((one) => one.words)),
    evidence,
  );
}

/** What is due against what was paid or secured, compared exactly. */
export function paymentEntry(duty: DutyStanding, payments: readonly PaymentRecord[]): VerdictEntry {
  const evidence = payments.map(
    (one): Evidence => ({
      kind: 'payment',
      answer: 'yes',
      words: `${one.kind} ${one.reference}: ${one.amount} ${one.currency} at ${one.occurredAt}, ${one.source}.`,
    }),
  );
  const covered = `Due ${duty.due?.amount ?? 'not known'} ${duty.currency}; paid ${duty.paid.amount}, secured ${duty.secured.amount}.`;
  const over = duty.overpaid === null ? '' : ` ${duty.overpaid.amount} ${duty.currency} were paid beyond what is due.`;
  switch (duty.payment) {
    case 'none':
      return entry(
        'payment-covered',
        duty.overpaid === null ? 'not-applicable' : 'yes',
        'NOTHING-DUE',
        `Nothing is due.${over}`,
        evidence,
      );
    case 'unknown':
      return entry(
        'payment-covered',
        'not-checked',
        'DUTY-UNKNOWN',
        `Not checked: what is due is not known. ${covered}`,
        evidence,
      );
    case 'due':
      return entry(
        'payment-covered',
        'waiting',
        'PAYMENT-DUE',
        `${duty.missing?.amount ?? ''} ${duty.currency} are missing. ${covered}`,
        evidence,
      );
    case 'paid':
    case 'secured':
      return entry(
        'payment-covered',
        'yes',
        duty.overpaid === null ? `DUTY-${duty.payment.toUpperCase()}` : 'DUTY-OVERPAID',
        `${covered}${over}`,
        evidence,
      );
  }
}

/** How fresh the list of members is by which signers are judged. */
export function directoryEntry(directory: DirectoryStanding): VerdictEntry {
  const evidence: Evidence[] =
    directory.serial === null
      ? []
      : [
          {
            kind: 'directory',
            answer: 'yes',
            words: `Directory ${directory.serial}, fresh until ${directory.freshUntil ?? 'not said'}.`,
          },
        ];
  switch (directory.state) {
    case 'fresh':
      return entry('directory-fresh', 'yes', 'DIRECTORY-FRESH', 'Signers are judged by a fresh directory.', evidence);
    case 'stale':
      return entry(
        'directory-fresh',
        'not-checked',
        'DIRECTORY-STALE',
        'The directory is past its freshness: a signer or certificate that was revoked since could not be known. Release against security is possible.',
        evidence.map((one) => ({ ...one, answer: 'not-checked' })),
      );
    case 'expired':
    case 'absent':
      return entry(
        'directory-fresh',
        'no',
        `DIRECTORY-${directory.state.toUpperCase()}`,
        `The directory ${directory.state === 'absent' ? 'is not there' : 'has expired'}: whether signers are entitled cannot be checked now. Release against security is possible.`,
        evidence.map((one) => ({ ...one, answer: 'no' })),
      );
  }
}
