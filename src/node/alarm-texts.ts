import type { LoggedAlarm } from '../exchange/operations/open-alarms.ts';
import type { AlarmLine, PartnerLine } from '../http/node-description.ts';

/** What an alarm says. */
export interface AlarmText {
  readonly severity: AlarmLine['severity'];
  readonly means: string;
  readonly doNow: string;
}

function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** What to do about a queue that waits, by the reason why its oldest messages were not receipted. */
function adviceOf({ country, lastErrorCode, pulls }: PartnerLine): string {
  const code = lastErrorCode ?? '';
  if (pulls)
    return `${country} pulls its messages itself and has not done so, or gave no receipts. Call its operator; nothing can be sent to it from here.`;
  if (code === 'EBMS:0005')
    return `Run "selat ping ${country}". If other partners cannot be reached either, look at this node's own way out (firewall, DNS). Otherwise call ${country}'s operator; messages are sent by themselves when it is back.`;
  if (code.startsWith('HTTP-'))
    return `${country} answers but takes nothing at the moment. Call its operator and tell the status; messages are sent by themselves when it takes them again.`;
  if (code === 'PARTNER-UNKNOWN')
    return `The directory has no ${country} at the moment. Ask the federation's operators whether that is meant; if so, dismiss or hold what waits.`;
  if (code.startsWith('RECEIPT-') || code === 'ERROR-FOR-ANOTHER-MESSAGE')
    return `${country} takes messages but its receipts are not good. Hold it ("selat hold ${country}"), and show its operator the reason; do not trust what it claims to have received.`;
  if (code === 'TRY-FAILED-HERE')
    return `This node itself failed at the try. Look in its log for the message's id and report the defect; ${country} has nothing to do with it.`;
  if (code === '')
    return `Nothing was tried yet. Look whether the node's process runs and its log (queue waits), then run "selat ping ${country}".`;
  return `Read the reason ("selat queue"), and settle it with ${country}'s operator; messages are tried on by themselves until their windows end.`;
}

/** The texts of the alarms that are computed from how things stand. */
export const TEXTS = {
  'QUEUE-WAITS': (partner: PartnerLine): AlarmText => ({
    severity: 'warning',
    means: `Messages to ${partner.country} wait without a receipt for an hour or longer.${partner.lastError === null ? '' : ` Last reason: ${partner.lastError}`}`,
    doNow: adviceOf(partner),
  }),
  'PARTNER-HELD': (country: string, hold: { readonly by: string; readonly reason: string }): AlarmText => ({
    severity: 'warning',
    means: `${hold.by} holds ${country} for a day or longer (${hold.reason}); everything for it waits.`,
    doNow: `If the reason is gone, run "selat ping ${country}" and then "selat release ${country}". Otherwise tell those who wait.`,
  }),
  'MESSAGES-HELD': (country: string): AlarmText => ({
    severity: 'warning',
    means: `Single messages to ${country} are held for a day or longer.`,
    doNow: `List them with "selat messages --partner ${country} --state held"; release each ("selat release ID") or agree with who held it.`,
  }),
  'MESSAGES-FAILED': (country: string): AlarmText => ({
    severity: 'urgent',
    means: `Messages to ${country} were given up: their documents have not arrived there.`,
    doNow: `List them with "selat messages --partner ${country} --state failed" and read each one's reason. When the cause is mended, "selat resend ID"; when the document was replaced, "selat dismiss ID".`,
  }),
  'MESSAGES-QUARANTINED': (country: string): AlarmText => ({
    severity: 'urgent',
    means: `Messages from ${country} were receipted, but no journey could take them.`,
    doNow: `List them with "selat quarantine" and read the reasons. After a defect here is mended, "selat quarantine deliver ID"; when the document itself is wrong, agree with ${country}'s operator and "selat quarantine dismiss ID".`,
  }),
  'DIRECTORY-MISSING': (): AlarmText => ({
    severity: 'urgent',
    means: 'This node holds no directory of the federation: it knows no partner and can neither send nor receive.',
    doNow:
      'Look at directorySources in node.json and at the log (directory source failed); ask the federation’s operators for the directory file.',
  }),
  'DIRECTORY-STALE': (expiresAt: Date): AlarmText => ({
    severity: 'warning',
    means: `A newer directory is overdue. Work goes on until ${moment(expiresAt)}; then no new key is trusted.`,
    doNow: 'Look in the log whether the sources can be reached; ask the federation’s operators for the next version.',
  }),
  'DIRECTORY-EXPIRED': (): AlarmText => ({
    severity: 'urgent',
    means: 'The directory has expired: known partners are served on, but no new key is trusted.',
    doNow: 'Call the federation’s operators for a new version now; do not exchange keys by other ways meanwhile.',
  }),
  'CERTIFICATE-ENDS': (about: string, endsAt: Date, isOwn: boolean): AlarmText => ({
    severity: 'warning',
    means: `The certificate ${about} ends at ${moment(endsAt)} and has no successor in the directory.`,
    doNow: isOwn
      ? 'Make a new key and certificate (certs/README.md) and have the federation’s operators publish it, days before the end.'
      : 'Ask the operator of that partner when its new certificate comes into the directory.',
  }),
  'CERTIFICATE-ENDED': (about: string, endsAt: Date, isOwn: boolean): AlarmText => ({
    severity: 'urgent',
    means: `The certificate ${about} ended at ${moment(endsAt)}: what needs it is refused.`,
    doNow: isOwn
      ? 'Make a new key and certificate now (certs/README.md) and call the federation’s operators to publish it.'
      : 'Call the operator of that partner; hold it meanwhile if messages would fail.',
  }),
  'DATABASE-BUSY': (): AlarmText => ({
    severity: 'warning',
    means: 'Requests wait for a connection to the database: it is slow, or much comes at once.',
    doNow:
      'Look at the database server: its disk, its load, and what runs long (pg_stat_activity). If it lasts, people get 503.',
  }),
  'DISK-NEARLY-FULL': (freeBytes: number): AlarmText => ({
    severity: 'urgent',
    means: `The disk of the node's folder has ${Math.floor(freeBytes / 1024 ** 2)} MB left.`,
    doNow:
      'Make room or enlarge it now: with a full disk nothing is taken any more, and partners queue what they have for us.',
  }),
} as const;

const DIRECTORY_REFUSED: AlarmText = {
  severity: 'urgent',
  means: 'A directory was offered that this node refused; the one it holds stays in force.',
  doNow:
    'Call the federation’s operators over a way you know, tell the reason, and compare serial and digest. A fork or rollback may be an attack. Then acknowledge.',
};

const OTHER: AlarmText = {
  severity: 'urgent',
  means: 'The node noted something that a person must look at.',
  doNow:
    'Read the reason and the message’s events, settle it with the partner’s operator, then acknowledge with a note.',
};

/** The texts of alarms of the log, by code, else by kind of event. */
const LOGGED = {
  'RECEIPT-NOT-BY-PARTNER': {
    severity: 'urgent',
    means: 'A receipt was signed by somebody else than the partner it must be from. The message stays unreceipted.',
    doNow:
      'Call the partner’s operator over a way you know: did its signing key change without the directory? If it cannot explain it, hold the partner and treat it as an attack.',
  },
  'RECEIPT-DIGESTS': {
    severity: 'urgent',
    means: 'A receipt tells other digests than what was sent: the partner received something else.',
    doNow:
      'Hold the partner, keep the receipt and the message’s bytes, and settle it with its operator before releasing.',
  },
  'RECEIPT-FOR-ANOTHER-MESSAGE': {
    severity: 'urgent',
    means: 'The partner answered a message with the receipt for another one.',
    doNow:
      'Tell the partner’s operator both message ids; its software mixes answers up. Acknowledge when it is mended.',
  },
  'ERROR-FOR-ANOTHER-MESSAGE': {
    severity: 'urgent',
    means: 'The partner answered a message with an error for another one.',
    doNow:
      'Tell the partner’s operator both message ids; its software mixes answers up. Acknowledge when it is mended.',
  },
  'RECEIPT-NOT-TAKEN': {
    severity: 'urgent',
    means: 'A good receipt is kept, but this node failed to note it at its document.',
    doNow: 'Look in the log for the message’s id and report the defect; the document’s timeline lacks the receipt.',
  },
  'EBMS:0101': {
    severity: 'urgent',
    means: 'Somebody with a partner’s connection spoke for another one, or signed with a key that is not trusted.',
    doNow:
      'Call the operator of the partner named: did it change keys or party ids without the directory? If not, its connection may be misused: hold it and tell the federation’s operators.',
  },
  'EBMS:0103': {
    severity: 'urgent',
    means: 'A partner’s receipt or error is signed in a way that is not agreed, or not at all.',
    doNow:
      'Ask the partner’s operator whether its security settings changed; the profile of each side stands in the directory. The message is tried on.',
  },
  'SIGNAL-FOR-UNKNOWN-MESSAGE': {
    severity: 'warning',
    means: 'A partner sent a receipt or an error for a message that was never sent to it.',
    doNow: 'Ask the partner’s operator what its software answers to; acknowledge when it is settled.',
  },
  'ERROR-WITHOUT-MESSAGE': {
    severity: 'warning',
    means: 'A partner told an error without saying of which message.',
    doNow: 'Read the error and ask the partner’s operator which message it is about; acknowledge when it is settled.',
  },
  'RECEIPT-AGAIN': {
    severity: 'warning',
    means: 'A partner sent a receipt for a message that has one already; the first one stands.',
    doNow: 'Nothing is lost. If it goes on, tell the partner’s operator that its software repeats receipts.',
  },
  'ERROR-AFTER-RECEIPT': {
    severity: 'urgent',
    means: 'A partner told an error about a message after it had given a receipt for it; the receipt stands.',
    doNow: 'Ask the partner’s operator whether it really has the document; if not, send it in a new message.',
  },
  'EBMS:0004': {
    severity: 'urgent',
    means: 'A partner sent another message under an id that it had used before.',
    doNow:
      'Compare both ("selat message ID --bytes FILE") and ask its operator which one counts; ids must never repeat.',
  },
  'DIRECTORY-REFUSED': DIRECTORY_REFUSED,
  'LOGGED-ALARM': OTHER,
} as const satisfies Record<string, AlarmText>;

type LoggedCode = keyof typeof LOGGED;

/** Every code under which something can ring; docs/operators.md says of each what to do. */
export type AlarmCode = keyof typeof TEXTS | LoggedCode;
export const ALARM_CODES: readonly string[] = [...Object.keys(TEXTS), ...Object.keys(LOGGED)];

function isLogged(code: string): code is LoggedCode {
  return Object.hasOwn(LOGGED, code);
}

/** The code and text of an alarm of the log; the reason that its finder wrote stands in `means`. */
export function textOfLogged(found: LoggedAlarm): { readonly code: AlarmCode; readonly text: AlarmText } {
  const code: LoggedCode = isLogged(found.code)
    ? found.code
    : found.kind === 'directory.refused'
      ? 'DIRECTORY-REFUSED'
      : 'LOGGED-ALARM';
  const text = LOGGED[code];
  const which = found.reason === '' ? '' : ` Latest: ${found.reason}`;
  const named = found.code !== '' && found.code !== code ? ` (${found.code})` : '';
  return { code, text: { ...text, means: `${text.means}${which}${named} [${found.subject}]` } };
}
