import { Decimal } from 'decimal.js';
import { Refusal } from '../../documents/refusal.ts';
import type { Asked } from '../asked.ts';
import { changeDeclaration } from '../change-declaration.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { declarationToActOn, givenText } from './act.ts';
import type { DutyStanding } from './duty-standing.ts';
import type { OfficerParts } from './parts.ts';
import { refuseAhead } from './permits.ts';
import { settleCase } from './settle-case.ts';
import type { PaymentRecord } from './standing.ts';
import { dutyConsequence } from './told-duty.ts';
import { dutyAfter, readWorkingCase } from './working.ts';

/** Money that came or was secured, as somebody reports it. */
export interface PaymentReport {
  readonly kind: 'payment' | 'security';
  /** Decimal text, above zero. */
  readonly amount: string;
  readonly currency: string;
  /** The receipt's or the guarantee's own reference; the same one is counted once. */
  readonly reference: string;
  /** Where it is known from: the treasury's advice, the guarantor. */
  readonly source: string;
  readonly occurredAt: Date | null;
}

/**
 * Records a payment or a security and compares exactly what came with what is due (M9b when it covers it). Whoever has
 * claimed the declaration, a payment can be recorded. A green declaration of which this was the last open thing is
 * released.
 * @throws the refusals of an act, `AMOUNT-NOT-ABOVE-ZERO`, `PAYMENT-CURRENCY`, `PAYMENT-RECORDED-ALREADY`, `MOMENT-AHEAD`
 */
export async function recordPayment(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  report: PaymentReport,
): Promise<{ readonly row: DeclarationRow; readonly duty: DutyStanding }> {
  if (!new Decimal(report.amount).greaterThan(0))
    throw new Refusal('invalid', 'AMOUNT-NOT-ABOVE-ZERO', 'A payment is above zero.');
  if (report.currency !== parts.customs.currency)
    throw new Refusal(
      'invalid',
      'PAYMENT-CURRENCY',
      `Duty is computed and covered in ${parts.customs.currency}; record what was credited in it.`,
    );
  refuseAhead(report.occurredAt, asked.now);
  const row = await declarationToActOn(asked, mrn, version, { claim: 'anybody' });
  await refuseRecorded(asked, report);
  const working = await readWorkingCase(parts, asked.transaction, row, asked.now);
  const payment: PaymentRecord = {
    id: parts.newId(),
    kind: report.kind,
    amount: report.amount,
    currency: report.currency,
    reference: givenText(report.reference, 'the reference'),
    source: givenText(report.source, 'where it is known from'),
    occurredAt: (report.occurredAt ?? asked.now).toISOString(),
    recordedBy: asked.actor.name,
  };
  const duty = dutyAfter(working, { payments: [...working.file.payments, payment] });
  const { columns, milestones } = dutyConsequence(asked, row, duty, payment);
  const changed = await changeDeclaration(parts, asked, row, version, {
    columns,
    event: {
      kind: 'declaration.payment-recorded',
      data: {
        kind: payment.kind,
        amount: payment.amount,
        currency: payment.currency,
        reference: payment.reference,
        source: payment.source,
        payment: duty.payment,
      },
    },
    milestones,
    notice: {
      step: 'result',
      statements: [{ code: `PAYMENT-${duty.payment.toUpperCase()}`, text: wordsOf(payment, duty) }],
    },
  });
  insertPayment(asked, row, payment);
  return { row: await settleCase(parts, asked, changed), duty };
}

function wordsOf(payment: PaymentRecord, duty: DutyStanding): string {
  const came = `${payment.kind === 'payment' ? 'Payment' : 'Security'} ${payment.reference} of ${payment.amount} ${payment.currency} was recorded.`;
  const due = duty.due === null ? ' What is due is not known yet.' : ` Due: ${duty.due.amount}.`;
  const missing = duty.missing === null ? '' : ` Missing: ${duty.missing.amount}.`;
  const over = duty.overpaid === null ? '' : ` Paid beyond what is due: ${duty.overpaid.amount}.`;
  return `${came}${due}${missing}${over}`;
}

async function refuseRecorded(asked: Asked, report: PaymentReport): Promise<void> {
  const { rowCount } = await asked.transaction.query({
    name: 'payment-by-reference',
    text: 'select 1 from clearance_payments where kind = $1 and reference = $2 and currency = $3',
    values: [report.kind, report.reference.normalize('NFC').trim(), report.currency],
  });
  if (rowCount > 0)
    throw new Refusal(
      'conflict',
      'PAYMENT-RECORDED-ALREADY',
      `A ${report.kind} with the reference ${report.reference} was recorded before; it is counted once.`,
    );
}

function insertPayment(asked: Asked, row: DeclarationRow, payment: PaymentRecord): void {
  asked.transaction.later({
    name: 'keep-payment',
    text: `with kept as (
        insert into clearance_payments (id, declaration_id, kind, amount, currency, reference, source, occurred_at,
          recorded_by, recorded_by_name, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (kind, reference, currency) do nothing returning 1)
      select must_change((select count(*) from kept))`,
    values: [
      payment.id,
      row.id,
      payment.kind,
      payment.amount,
      payment.currency,
      payment.reference,
      payment.source,
      payment.occurredAt,
      asked.actor.personId,
      asked.actor.name,
      asked.now,
    ],
  });
}
