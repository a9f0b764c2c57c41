import type { JsonObject } from '../../documents/json.ts';
import { schemaSet } from '../../documents/schema-set.ts';
import { type Html, html } from '../html.ts';
import type { NodeDescription } from '../node-description.ts';
import { page } from '../page.ts';
import type { Route } from '../route.ts';
import { COUNTRY, LINE, objectOf } from './shapes.ts';

const LINKS = {
  docs: '/docs',
  openapi: '/openapi.json',
  schemas: '/schemas',
  live: '/health/live',
  ready: '/health/ready',
} as const;

const HOME = objectOf({
  node: { type: 'string', const: 'Selat' },
  country: COUNTRY,
  countryName: LINE,
  authority: LINE,
  offices: { type: 'array', items: objectOf({ code: LINE, name: LINE }) },
  sample: { type: 'boolean' },
  version: LINE,
  schemaSet: LINE,
  links: { type: 'object', additionalProperties: { type: 'string' } },
});

function homeJson(node: NodeDescription): JsonObject {
  return {
    node: 'Selat',
    country: node.country,
    countryName: node.countryName,
    authority: node.authority,
    offices: node.offices.map(({ code, name }) => ({ code, name })),
    sample: node.sample,
    version: node.version,
    schemaSet: schemaSet().digest,
    links: { ...LINKS },
  };
}

/** The answer first: one sentence on how the node is. */
function condition(node: NodeDescription): { readonly sign: string; readonly words: string; readonly good: boolean } {
  switch (node.directory.state) {
    case 'fresh':
      return { sign: '✓', words: 'This node works, and it knows its partners.', good: true };
    case 'stale':
      return {
        sign: '▲',
        words: 'This node works; its directory of partners is not fresh any more and is being renewed.',
        good: true,
      };
    case 'expired':
      return {
        sign: '■',
        words:
          'This node works at home, but its directory of partners has expired: nothing new from abroad is trusted.',
        good: false,
      };
    case 'missing':
      return { sign: '■', words: 'This node works at home; it has no directory of partners yet.', good: false };
  }
}

function moment(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function queueWords(node: NodeDescription): string {
  const { undelivered, oldestAt } = node.queue;
  if (undelivered === 0) return 'Nothing waits to be delivered.';
  return `${undelivered} waiting to be delivered${oldestAt === undefined ? '' : `, the oldest since ${moment(oldestAt)}`}.`;
}

function content(node: NodeDescription): Html {
  const { sign, words, good } = condition(node);
  const { serial, freshUntil } = node.directory;
  return html`<h1><span class="${good ? '' : 'bad'}">${sign}</span> ${words}</h1>
<p>Selat is the gateway through which national customs administrations exchange trade documents without paper. This one is
${node.countryName}’s: firms apply here for certificates of origin, and certificates from partner countries arrive here and are verified.</p>
<h2>This node</h2>
<table>
<tr><th scope="row">Country</th><td>${node.countryName} (${node.country})</td></tr>
<tr><th scope="row">Authority</th><td>${node.authority}</td></tr>
<tr><th scope="row">Offices</th><td>${node.offices.map(({ code, name }) => html`${name} (${code})<br>`)}</td></tr>
<tr><th scope="row">Directory</th><td>${node.directory.state}${serial === undefined ? '' : `, no. ${serial}`}${freshUntil === undefined ? '' : `, fresh until ${moment(freshUntil)}`}</td></tr>
<tr><th scope="row">Deliveries</th><td>${queueWords(node)}</td></tr>
<tr><th scope="row">Running since</th><td>${moment(node.startedAt)}, version ${node.version}</td></tr>
</table>
<h2>Where to go</h2>
<ul>
<li><a href="${LINKS.docs}">How programs talk to this node</a>: every address, who may use it, what it takes and gives</li>
<li><a href="${LINKS.openapi}">OpenAPI 3.1</a>: the same for machines</li>
<li><a href="${LINKS.schemas}">Schemas and code lists</a> by which documents are judged</li>
<li><a href="${LINKS.live}">Health</a> and <a href="${LINKS.ready}">readiness</a></li>
<li>README.md and docs/ in the program’s folder: for operators and for integrators</li>
</ul>`;
}

/** The node's own address: what it is, and that it is well. */
export function homeRoutes(describe: () => Promise<NodeDescription>): Route[] {
  return [
    {
      method: 'GET',
      path: '/',
      operationId: 'readHome',
      summary: 'What this node is, as a page or as JSON',
      tag: 'Node',
      right: 'public',
      replies: { 200: { description: 'The node.', schema: HOME } },
      async handle({ client }) {
        const node = await describe();
        if (!client.prefersHtml) return { status: 200, json: homeJson(node), headers: { Vary: 'Accept' } };
        const { countryName, authority, sample } = node;
        const reply = page({ title: 'This node', countryName, authority, sample }, content(node));
        return { ...reply, headers: { ...reply.headers, Vary: 'Accept' } };
      },
    },
  ];
}
