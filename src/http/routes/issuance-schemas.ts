import { ROLES } from '../../access/rights.ts';
import type { JsonObject } from '../../documents/json.ts';
import { WORDS } from './shapes.ts';

const text = { type: 'string' } as const;
const instant = { type: 'string', format: 'date-time' } as const;
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;

/** Where an application can stand. */
export const APPLICATION_STATES = ['draft', 'submitted', 'returned', 'rejected', 'withdrawn', 'issued'] as const;

/** Where a certificate can stand, on either side. */
export const CERTIFICATE_STATES = [
  'issued',
  'delivered',
  'verified',
  'refused',
  'partly-used',
  'used-up',
  'cancelled',
  'replaced',
  'expired',
] as const;

/** Parameters of every list. */
export const PAGE_QUERY = {
  limit: { type: 'string', pattern: '^[0-9]{1,3}$', description: 'Lines on a page, 1 to 200; 50 without it.' },
  after: { type: 'string', description: 'What `next` of the page before said.' },
} as const;

/** A day in a query, UTC. */
export const DAY_QUERY = { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' } as const;

/** A search in names, numbers and descriptions of goods. */
export const TEXT_QUERY = { type: 'string', maxLength: 100 } as const;

const fault: JsonObject = {
  type: 'object',
  required: ['code', 'pointer', 'message'],
  properties: {
    code: text,
    pointer: text,
    xpath: text,
    line: { type: 'integer' },
    message: text,
    found: text,
    expected: text,
  },
};

const reason: JsonObject = {
  type: 'object',
  required: ['reason'],
  additionalProperties: false,
  properties: {
    pointer: {
      type: 'string',
      maxLength: 300,
      pattern: '^(/[^\\u0000-\\u001f]*)?$',
      description: 'JSON Pointer (RFC 6901) into the content; without it the reason is about the whole.',
    },
    reason: WORDS,
  },
};

/** Body of return and reject. */
export const REASONS_BODY: JsonObject = {
  type: 'object',
  required: ['reasons'],
  additionalProperties: false,
  properties: { reasons: { type: 'array', minItems: 1, maxItems: 50, items: reason } },
};

/** Body of withdraw. */
export const REASON_BODY: JsonObject = {
  type: 'object',
  required: ['reason'],
  additionalProperties: false,
  properties: { reason: WORDS },
};

/** Body of approve, which may be left out. */
export const APPROVE_BODY: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    remarks: { type: 'string', maxLength: 2000, description: 'Remarks of the certification (box 12).' },
  },
};

const applicationLine = {
  id: { type: 'string', format: 'uuid' },
  version: { type: 'integer', description: 'Also the ETag.' },
  state: { enum: APPLICATION_STATES },
  scheme: text,
  office: text,
  exportingCountry: text,
  importingCountry: text,
  consignmentReference: text,
  firmId: text,
  applicantFirmId: text,
  createdBy: text,
  createdAt: instant,
  updatedAt: instant,
  submittedAt: instant,
  decidedAt: instant,
  decidedBy: text,
  certificateNumber: text,
} as const;

/** An application. */
export const APPLICATION: JsonObject = {
  type: 'object',
  required: ['id', 'version', 'state', 'content', 'actions'],
  properties: {
    ...applicationLine,
    decisionReasons: { type: 'array', items: reason },
    content: { type: 'object', description: 'As the applicant gave it; a draft may lack anything.' },
    faults: { type: 'array', items: fault, description: 'What would still be refused at submission.' },
    actions: { type: 'array', items: text, description: 'What the reader can do with it next.' },
  },
};

/** A page of applications. */
export const APPLICATION_PAGE = page({ type: 'object', properties: applicationLine });

/** Result of a pre-check. */
export const CHECK_RESULT: JsonObject = {
  type: 'object',
  required: ['valid', 'faults'],
  properties: { valid: { type: 'boolean' }, faults: { type: 'array', items: fault } },
};

const certificateLine = {
  number: text,
  side: { enum: ['issuing', 'importing'], description: 'Whether this node issued it or received it.' },
  state: { enum: CERTIFICATE_STATES },
  scheme: text,
  exportingCountry: text,
  importingCountry: text,
  consignmentReference: text,
  documentDigest: digest,
  issuedAt: instant,
  receivedAt: instant,
  applicationId: text,
  delivery: {
    type: 'object',
    properties: {
      status: { enum: ['no-node', 'queued', 'receipted'], description: '`no-node`: the country has no node yet.' },
      messageId: text,
      receiptId: { ...text, description: 'Message id of the signed receipt of the partner’s node.' },
    },
  },
} as const;

/** A certificate in JSON form. */
export const CERTIFICATE: JsonObject = {
  type: 'object',
  required: ['number', 'side', 'state', 'documentDigest', 'content'],
  properties: { ...certificateLine, content: { type: ['object', 'null'] } },
};

/** A page of certificates. */
export const CERTIFICATE_PAGE = page({ type: 'object', properties: certificateLine });

const verdict = {
  outcome: { enum: ['verified', 'refused'] },
  at: instant,
  steps: {
    type: 'array',
    items: {
      type: 'object',
      required: ['step', 'verdict', 'reason'],
      properties: {
        step: text,
        verdict: { enum: ['passed', 'failed', 'not-checked'], description: '`not-checked` is never good.' },
        reason: text,
        code: text,
      },
    },
  },
} as const;

/** A verification, step by step. */
export const VERIFICATION: JsonObject = {
  type: 'object',
  required: ['number', 'documentDigest', 'own'],
  properties: {
    number: text,
    documentDigest: digest,
    own: { type: 'object', properties: verdict },
    partner: { type: 'object', properties: { ...verdict, country: text, responseDigest: digest } },
  },
};

/** A history with its waits. */
export const HISTORY: JsonObject = {
  type: 'object',
  required: ['entries', 'waits'],
  properties: {
    entries: {
      type: 'array',
      items: {
        type: 'object',
        required: ['at', 'kind', 'by'],
        properties: {
          at: instant,
          kind: text,
          by: { type: 'object', properties: { name: text, role: { enum: [...ROLES, 'node'] } } },
          reason: text,
        },
      },
    },
    waits: {
      type: 'array',
      items: {
        type: 'object',
        required: ['for', 'from', 'milliseconds'],
        properties: {
          for: { enum: ['trader', 'issuing-office', 'exchange', 'importing-customs'] },
          from: instant,
          until: instant,
          milliseconds: { type: 'integer', minimum: 0 },
        },
      },
    },
  },
};

/** An attachment without its bytes. */
export const ATTACHMENT: JsonObject = {
  type: 'object',
  required: ['id', 'name', 'contentType', 'size', 'digest', 'addedAt', 'addedBy'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    name: text,
    contentType: text,
    size: { type: 'integer' },
    digest,
    addedAt: instant,
    addedBy: text,
  },
};

/** The attachments of an application. */
export const ATTACHMENTS: JsonObject = {
  type: 'object',
  required: ['items'],
  properties: { items: { type: 'array', items: ATTACHMENT } },
};

function page(line: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: line },
      next: { type: 'string', description: 'Give this to `after` for the next page; absent on the last.' },
      total: { type: 'integer', description: 'On the first page: lines on all pages, counted up to 1,000.' },
      totalIsMore: { type: 'boolean', description: 'There are more than `total`.' },
    },
  };
}
