import type { InspectedEncryption } from '../exchange/inspect/inspect-encryption.ts';
import type { Inspection } from '../exchange/inspect/inspect-message.ts';
import type { InspectedPayload } from '../exchange/inspect/inspect-payloads.ts';
import type { Check, InspectedSignature } from '../exchange/inspect/inspect-signature.ts';
import type { InspectedUnit } from '../exchange/inspect/inspect-unit.ts';
import type { InspectedCertificate } from '../exchange/inspect/inspected-certificate.ts';
import { EBMS_ERRORS } from '../exchange/signals/ebms-errors.ts';

/** A line: what it is about, and what is said; nothing when there is nothing to say. */
type Row = readonly [string, string | null | undefined];

const signs: Readonly<Record<Check['verdict'], string>> = { holds: '✓', fails: '✕', 'not-checked': '○' };

/** What would move the cursor or turn the writing around does not reach the terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

function rows(list: readonly Row[], indent = '  '): string {
  return list
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${indent}${name.padEnd(16)} ${plain(value ?? '').slice(0, 2_000)}\n`)
    .join('');
}

/** An algorithm by its own name, with the address that stands in the message. */
function algorithm(uri: string): string {
  const name = uri
    .split(/[#/]/)
    .filter((part) => part !== '')
    .at(-1);
  return uri === '' ? 'none' : `${name ?? uri} (${uri})`;
}

const typed = ({ value, type }: { readonly value: string; readonly type: string | undefined }): string =>
  type === undefined ? value : `${value} (${type})`;

function tellUnit(unit: InspectedUnit): string {
  const about: Row[] = [
    ['message id', unit.messageId],
    ['sent', unit.instant ?? unit.timestamp],
    ['refers to', unit.refToMessageId],
  ];
  switch (unit.kind) {
    case 'user message':
      return rows([
        ...about,
        ['channel', unit.mpc],
        ...unit.from.ids.map((id): Row => ['from', typed(id)]),
        ['  as', unit.from.role],
        ...unit.to.ids.map((id): Row => ['to', typed(id)]),
        ['  as', unit.to.role],
        ['agreement', unit.agreement === undefined ? null : typed(unit.agreement)],
        ['  P-Mode', unit.agreement?.pmode],
        ['service', unit.service === undefined ? null : typed(unit.service)],
        ['action', unit.action],
        ['conversation', unit.conversationId],
        ...unit.properties.map((property): Row => ['property', `${property.name} = ${typed(property)}`]),
      ]);
    case 'receipt':
      return rows([
        ...about,
        ['tells', unit.nonRepudiation ? `the digests of ${unit.parts.length} parts` : 'only that the message arrived'],
        ...unit.parts.map((part): Row => ['  part', `${part.uri} ${algorithm(part.digestMethod)} ${part.digest}`]),
      ]);
    case 'error':
      return rows([
        ...about,
        ...unit.errors.flatMap((error): Row[] => [
          ['error', `${error.code} ${error.name ?? '(not in the standard)'}, ${error.severity}`],
          ['  about', error.refToMessageInError],
          ['  says', error.description],
        ]),
      ]);
    case 'pull request':
      return rows([...about, ['channel', unit.mpc ?? 'the default one']]);
    case 'unknown unit':
      return rows([...about, ['unit', unit.name]]);
  }
}

function tellPayload(payload: InspectedPayload): string {
  const size = payload.bytes === null ? null : `${payload.bytes} bytes as it lies in the message`;
  const open = payload.plainBytes === null ? null : `${payload.plainBytes} bytes`;
  const others = Object.entries(payload.properties).filter(
    ([name]) => !['MimeType', 'CharacterSet', 'CompressionType'].includes(name),
  );
  return rows([
    ['payload', payload.contentId ?? `(in the ${payload.place})`],
    ['  declared', payload.isDeclared ? null : 'not'],
    ['  lies', payload.place === 'attachment' ? null : payload.place],
    ['  type', payload.mimeType ?? payload.partType],
    ['  character set', payload.characterSet],
    ['  compressed', payload.compression],
    ['  encrypted', payload.isEncrypted ? 'yes' : payload.place === 'attachment' ? 'no' : null],
    ['  size', size],
    ['  opened', open],
    ...others.map(([name, value]): Row => ['  property', `${name} = ${value}`]),
  ]);
}

function certificateRows(certificate: InspectedCertificate | null): Row[] {
  if (certificate === null) return [];
  return [
    ['    subject', certificate.subject],
    ['    issuer', certificate.issuer],
    ['    serial number', certificate.serialNumber],
    ['    valid', `${certificate.validFrom} to ${certificate.validTo}`],
    ['    SHA-256', certificate.fingerprint],
    ['    key', certificate.key],
  ];
}

function tellSignature(signature: InspectedSignature | null): string {
  if (signature === null) return rows([['signed', 'no']]);
  const digests = [...new Set(signature.references.map(({ digestMethod }) => digestMethod))];
  return rows([
    ['signed with', algorithm(signature.algorithm)],
    ['  canonical form', algorithm(signature.canonicalisation)],
    ...digests.map((digest): Row => ['  digests', algorithm(digest)]),
    ['  signer', `named by ${signature.keyReference}`],
    ...certificateRows(signature.certificate),
    ['  covers', signature.covered.join(', ') || 'nothing'],
    ['  leaves out', signature.notCovered.join(', ')],
  ]);
}

function tellEncryption(encryption: InspectedEncryption | null): string {
  if (encryption === null) return rows([['encrypted', 'no']]);
  return rows([
    ...encryption.keys.flatMap((key): Row[] => [
      ['key', algorithm(key.method)],
      ...Object.entries(key.algorithms).map(([name, uri]): Row => [`  ${name}`, algorithm(uri)]),
      ['  recipient', key.keyReference === null ? 'not named' : `named by ${key.keyReference}`],
      ...certificateRows(key.certificate),
    ]),
    ...encryption.contents.map(
      (content): Row => [
        'encrypted',
        `${content.contentId ?? 'something that is no payload'} with ${algorithm(content.algorithm)}`,
      ],
    ),
  ]);
}

function verdict(found: Inspection): string {
  const open = found.checks.filter((check) => check.verdict === 'not-checked').length;
  if (!found.holds) return 'Not everything holds.';
  if (found.checks.length === open) return 'Nothing is wrong; there is nothing that could be checked.';
  return open === 0 ? 'Everything holds.' : 'Everything holds that can be checked without the keys.';
}

/** What an inspection found, in words. */
export function tellInspection(file: string, found: Inspection): string {
  const soap = found.soap === null ? '' : `, SOAP ${found.soap}`;
  return [
    `${file}: ${found.kind} (${found.form}${soap}, ${found.bytes} bytes)\n`,
    rows([
      ['first line', found.startLine],
      ['fault', found.fault === null ? null : `${found.fault.code}: ${found.fault.reason}`],
    ]),
    ...found.units.map(tellUnit),
    ...found.payloads.map(tellPayload),
    found.kind === 'unreadable'
      ? ''
      : `${rows([['profile', found.profile ?? 'none']])}${tellSignature(found.signature)}${tellEncryption(found.encryption)}`,
    ...found.checks.map((check) => `  ${signs[check.verdict]} ${plain(check.what)}: ${plain(check.reason)}\n`),
    ...found.problems.map(
      ({ code, description }) => `  ${code} ${EBMS_ERRORS[code].name}: ${plain(description).slice(0, 1_000)}\n`,
    ),
    `${verdict(found)}\n`,
  ].join('');
}
