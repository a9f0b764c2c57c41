import { createHash } from 'node:crypto';
import { type Html, html } from './html.ts';
import type { Reply } from './route.ts';
import { pagePolicy } from './security-headers.ts';

const STYLE = `
:root{--ink:#1b2a33;--paper:#fbfaf7;--accent:#0b5351;--line:#d7d3c8;--quiet:#52606a;--amber:#8a4d00;--red:#a3271d;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e8e6df;--paper:#12191d;--accent:#7cc7c0;--line:#37434a;--quiet:#a9b4bb;--amber:#e2a860;--red:#f0978f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Thai",sans-serif;font-variant-numeric:tabular-nums}
header{display:flex;justify-content:space-between;gap:16px;padding:12px 24px;border-bottom:3px solid var(--accent)}
header strong{color:var(--accent)}
main{max-width:72rem;margin:0 auto;padding:24px}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 16px}
h2{font-size:1.25rem;margin:40px 0 8px;border-bottom:1px solid var(--line);padding-bottom:4px}
h3{font-size:1rem;margin:24px 0 4px}
p{margin:0 0 8px;max-width:60rem}
a{color:var(--accent);text-underline-offset:2px}
a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
code,pre{font:0.9em/1.45 ui-monospace,"SFMono-Regular",Consolas,monospace;overflow-wrap:anywhere}
pre{background:none;border-left:3px solid var(--line);padding:4px 12px;overflow:auto;white-space:pre-wrap}
table{border-collapse:collapse;width:100%;margin:8px 0}
th,td{text-align:left;vertical-align:top;padding:4px 16px 4px 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--quiet)}
.sample{background:var(--amber);color:var(--paper);padding:4px 24px}
.quiet{color:var(--quiet)}.bad{color:var(--red)}
.method{display:inline-block;min-width:4.5rem;font-weight:700;color:var(--accent)}
summary{cursor:pointer;padding:4px 0}
nav a{margin-right:16px}
@media print{header{border-color:#000}a{color:inherit}details{display:block}}
`;

const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64');

/** What stands at the top of every page of a node. */
export interface PageFrame {
  readonly title: string;
  readonly countryName: string;
  readonly authority: string;
  /** Sample data are said to be so on every page. */
  readonly sample: boolean;
}

/** A whole page: system typefaces, no script, nothing from elsewhere, readable in print. */
export function page(frame: PageFrame, content: Html): Reply {
  const style = html`<style>`.text + STYLE + html`</style>`.text;
  const top = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${frame.title} · Selat ${frame.countryName}</title>
<link rel="icon" href="data:,">
`;
  const rest = html`</head>
<body>
${frame.sample ? html`<div class="sample">▲ Sample data: nothing here is real.</div>` : undefined}
<header><span><strong>Selat</strong> · ${frame.countryName}</span><span class="quiet">${frame.authority}</span></header>
<main>
${content}
</main>
</body>
</html>
`;
  return {
    status: 200,
    bytes: Buffer.from(top.text + style + rest.text),
    contentType: 'text/html; charset=utf-8',
    headers: { 'Content-Security-Policy': pagePolicy(STYLE_DIGEST), 'Referrer-Policy': 'same-origin' },
  };
}
