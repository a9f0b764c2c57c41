import { RIGHTS } from '../access/rights.ts';
import { isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import { type Html, html } from './html.ts';
import type { Route } from './route.ts';

function schemaText(schema: JsonObject | undefined): Html | undefined {
  if (schema === undefined) return undefined;
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const path = reference.includes('/') ? reference : `documents/${reference}`;
    return html`<p>Schema: <a href="/schemas/${path.replace(/#.*/, '')}">${path}</a></p>`;
  }
  return html`<pre>${outline(schema, '')}</pre>`;
}

/** The schema in a few indented lines: name, type or expectation; what may be left out has a question mark. */
function outline(schema: JsonValue | undefined, indent: string): string {
  if (schema === undefined || !isObject(schema)) return '';
  const { properties, items, required } = schema;
  if (properties !== undefined && isObject(properties)) {
    const needed = Array.isArray(required) ? required : [];
    return Object.entries(properties)
      .map(([name, member]) => {
        const inner = outline(member, `${indent}  `);
        const head = `${indent}${name}${needed.includes(name) ? '' : '?'}`;
        return inner.includes('\n') || inner.startsWith(`${indent}  `) ? `${head}:\n${inner}` : `${head}: ${inner}`;
      })
      .join('\n');
  }
  if (items !== undefined) {
    const inner = outline(items, indent);
    return inner.startsWith(indent) && indent !== '' ? inner : `list of ${inner}`;
  }
  return words(schema);
}

function words(schema: JsonObject): string {
  const { says, enum: choices, description, type, $ref } = schema;
  if (Array.isArray(choices)) return choices.map((each) => JSON.stringify(each)).join(' | ');
  for (const text of [says, description, $ref, type]) if (typeof text === 'string') return text;
  return Array.isArray(type) ? type.join(' or ') : 'any value';
}

function who(route: Route): string {
  if (route.right === 'public') return 'Anyone';
  if (route.right === 'signed-in') return 'Whoever is signed in';
  return `${RIGHTS[route.right].join(', ')} (right ${route.right})`;
}

function headerFields(route: Route): string | undefined {
  const fields: string[] = [];
  if (route.method === 'POST' && route.right !== 'public' && route.repeatable === undefined)
    fields.push('Idempotency-Key');
  if (route.ifMatch === 'required') fields.push('If-Match');
  return fields.length === 0 ? undefined : fields.join(', ');
}

function operation(route: Route): Html {
  const fields = headerFields(route);
  const query = Object.entries(route.query ?? {});
  return html`<details id="${route.operationId}">
<summary><span class="method">${route.method}</span><code>${route.path}</code> ${route.summary}</summary>
${route.description === undefined ? undefined : html`<p>${route.description}</p>`}
<table>
<tr><th scope="row">Who</th><td>${who(route)}</td></tr>
${fields === undefined ? undefined : html`<tr><th scope="row">Header fields</th><td><code>${fields}</code></td></tr>`}
${query.map(([name, schema]) => html`<tr><th scope="row"><code>?${name}=</code></th><td>${words(schema)}</td></tr>`)}
${Object.entries(route.replies).map(
  ([status, reply]) => html`<tr><th scope="row">${status}</th><td>${reply.description}</td></tr>`,
)}
</table>
${route.requestBody === undefined ? undefined : html`<h3>Body</h3>${schemaText(route.requestBody)}`}
${Object.values(route.replies).map((reply) =>
  reply.schema === undefined ? html`` : html`<h3>Answer</h3>${schemaText(reply.schema) ?? html``}`,
)}
</details>`;
}

const FIRST_STEPS = `TOKEN=selat_…            # from POST /api/tokens, shown once
curl -sS -H "Authorization: Bearer $TOKEN" ADDRESS/api/me
curl -sS -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $(uuidgen)" \\
     -H "Content-Type: application/json" -d @application.json ADDRESS/api/applications`;

/** The reference for integrators, from the same table as the OpenAPI document. */
export function docsContent(routes: readonly Route[], publicUrl: string): Html {
  const tags = [...new Set(routes.map((route) => route.tag))];
  return html`<h1>How programs talk to this node</h1>
<p>Everything is HTTP and JSON. The same in machine-readable form: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1),
<a href="/schemas">/schemas</a> (JSON Schemas and code lists).</p>
<h2>First steps</h2>
<pre>${FIRST_STEPS.replaceAll('ADDRESS', publicUrl.replace(/\/$/, ''))}</pre>
<h2>What holds everywhere</h2>
<p>A refusal is <code>application/problem+json</code> (RFC 9457): <code>code</code> is stable, <code>faults</code> lists everything that is
wrong at once, each with a JSON Pointer, and <code>instance</code> is the id under which the operator finds the request.</p>
<p>Every POST takes an <code>Idempotency-Key</code>. When the answer was lost, send the same request again with the same key, within 24
hours: the effect happens once, and you get the first answer.</p>
<p>What can change has an <code>ETag</code>. Send it as <code>If-Match</code> with a change, and as <code>If-None-Match</code> with a reading.</p>
<p>What is not yours is not found (404).</p>
<nav>${tags.map((tag) => html`<a href="#${tag.replaceAll(' ', '-')}">${tag}</a>`)}</nav>
${tags.map(
  (tag) => html`<h2 id="${tag.replaceAll(' ', '-')}">${tag}</h2>
${routes.filter((route) => route.tag === tag).map(operation)}`,
)}`;
}
