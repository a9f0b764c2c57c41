import type { Issuance } from '../../issuance/issuance.ts';
import type { Route, RouteContext } from '../route.ts';
import { asked } from './applications.ts';
import {
  CERTIFICATE,
  CERTIFICATE_PAGE,
  CERTIFICATE_STATES,
  DAY_QUERY,
  HISTORY,
  PAGE_QUERY,
  TEXT_QUERY,
  VERIFICATION,
} from './issuance-schemas.ts';

/** Certificates of origin on both sides: those this node issued and those it received. */
export function certificateRoutes(issuance: Issuance): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/certificates',
      operationId: 'listCertificates',
      summary: 'List certificates, newest first, page by page',
      tag: 'Certificates',
      right: 'certificate.read',
      query: {
        ...PAGE_QUERY,
        state: { type: 'string', enum: CERTIFICATE_STATES },
        scheme: { type: 'string', maxLength: 35 },
        side: { type: 'string', enum: ['issuing', 'importing'] },
        exportingCountry: { type: 'string', pattern: '^[A-Z]{2}$' },
        importingCountry: { type: 'string', pattern: '^[A-Z]{2}$' },
        consignmentReference: { type: 'string', maxLength: 35 },
        text: TEXT_QUERY,
        recordedFrom: DAY_QUERY,
        recordedTo: DAY_QUERY,
      },
      replies: { 200: { description: 'One page of what you can see.', schema: CERTIFICATE_PAGE } },
      async handle(context) {
        return { status: 200, json: await issuance.listCertificates(asked(context), context.query) };
      },
    },
    {
      method: 'GET',
      path: '/api/certificates/:number',
      operationId: 'readCertificate',
      summary: 'Read a certificate in JSON form, and how it stands',
      tag: 'Certificates',
      right: 'certificate.read',
      replies: { 200: { description: 'The certificate.', schema: CERTIFICATE } },
      async handle(context) {
        return { status: 200, json: await issuance.readCertificate(asked(context), numberOf(context)) };
      },
    },
    {
      method: 'GET',
      path: '/api/certificates/:number/document',
      operationId: 'readCertificateDocument',
      summary: 'Read the sealed original, byte for byte',
      tag: 'Certificates',
      right: 'certificate.read',
      replies: { 200: { description: 'UBL CertificateOfOrigin with its seal.', contentType: 'application/xml' } },
      async handle(context) {
        const number = numberOf(context);
        const bytes = await issuance.readDocument(asked(context), number);
        return {
          status: 200,
          bytes,
          contentType: 'application/xml',
          headers: { 'Content-Disposition': `attachment; filename="${number.replaceAll(/[^A-Za-z0-9.-]/g, '_')}.xml"` },
        };
      },
    },
    {
      method: 'GET',
      path: '/api/certificates/:number/verification',
      operationId: 'readCertificateVerification',
      summary: "Read the verdict step by step, and the partner's answer",
      tag: 'Certificates',
      right: 'certificate.verification.read',
      replies: { 200: { description: 'What was checked, with what result and why.', schema: VERIFICATION } },
      async handle(context) {
        return { status: 200, json: await issuance.readVerification(asked(context), numberOf(context)) };
      },
    },
    {
      method: 'GET',
      path: '/api/certificates/:number/history',
      operationId: 'readCertificateHistory',
      summary: 'Read what happened to a certificate, and who waited for whom',
      tag: 'Certificates',
      right: 'certificate.read',
      replies: { 200: { description: 'Events in order, and stretches of waiting.', schema: HISTORY } },
      async handle(context) {
        return { status: 200, json: await issuance.certificateHistory(asked(context), numberOf(context)) };
      },
    },
  ];
}

function numberOf(context: RouteContext): string {
  return context.params['number'] ?? '';
}
