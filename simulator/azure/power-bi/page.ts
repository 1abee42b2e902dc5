/** A page without scripts: what came, and how much of each limit is used. */
import { PUSH_LIMITS } from './core/limits.ts';
import type { PushDataset, TableView } from './core/push-dataset.ts';

/** Nothing from elsewhere runs, loads or frames the page. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  // The page is shown anew, because it has no script.
  refresh: '2',
};

/** The whole page. */
export function pageHtml(datasets: readonly PushDataset[], nowMs: number): string {
  const content =
    datasets.length === 0
      ? '<p class="muted">Nothing was pushed yet. The first averages come when their five minutes are over.</p>'
      : datasets.map((dataset) => datasetHtml(dataset, nowMs)).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Power BI push recorder</title>
<link rel="stylesheet" href="/page.css">
</head>
<body>
<header><h1>Power BI push recorder</h1>
<p class="muted">What Stream Analytics pushed, held to the limits of the push API. Power BI stops taking it on 31 October 2027.</p></header>
<main>${content}</main>
</body>
</html>
`;
}

function datasetHtml(dataset: PushDataset, nowMs: number): string {
  const { requestsInMinute, rowsInHour, throttled } = dataset.usage(nowMs);
  const { requestsPerMinute, rowsPerHour } = PUSH_LIMITS;
  return `<section>
<h2>${escaped(dataset.name)}</h2>
<dl>
${used('Requests in the last minute', requestsInMinute, requestsPerMinute)}
${used('Rows in the last hour', rowsInHour, rowsPerHour)}
<div><dt>Answered 429</dt><dd>${whole(throttled)}</dd></div>
</dl>
${dataset.tables.map(tableHtml).join('')}
</section>`;
}

function used(label: string, value: number, limit: number): string {
  return `<div><dt>${label}</dt><dd>${whole(value)} <span class="muted">of ${whole(limit)}</span></dd>
<meter min="0" max="${limit}" high="${0.8 * limit}" value="${value}" aria-label="${label}"></meter></div>`;
}

function tableHtml({ name, columns, rows, taken, latest }: TableView): string {
  const head = columns.map((column) => `<th scope="col">${escaped(column.name)}</th>`).join('');
  const body = latest
    .map((row) => `<tr>${columns.map((column) => cell(row[column.name])).join('')}</tr>`)
    .join('');
  return `<h3>${escaped(name)} <span class="muted">${whole(rows)} rows held, ${whole(taken)} taken; newest first</span></h3>
<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '<td class="muted">–</td>';
  if (typeof value === 'number')
    return `<td class="number">${Math.round(value * 1_000) / 1_000}</td>`;
  const text = typeof value === 'string' ? value.replace(/\.0+Z$/, 'Z') : JSON.stringify(value);
  return `<td>${escaped(text)}</td>`;
}

function whole(value: number): string {
  return value.toLocaleString('en-GB');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/** Light or dark as the reader's system is. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --text: #1c2430; --muted: #5a6675; --line: #d8dee6; --card: #fff; --back: #f4f6f9; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6ebf2; --muted: #9aa7b8; --line: #33404f; --card: #1b232d; --back: #12181f; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
header, main { max-width: 72rem; margin: 0 auto; }
h1 { margin: 0; font-size: 1.35rem; }
h2 { margin: 0 0 .75rem; font-size: 1.1rem; }
h3 { margin: 1.25rem 0 .5rem; font-size: .95rem; }
h3 .muted { font-weight: 400; }
p { margin: .35rem 0 1.25rem; }
section { margin-bottom: 1.25rem; padding: 1.1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
dl { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 0; }
dt { color: var(--muted); font-size: .85rem; }
dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
dd .muted { font-size: .85rem; }
meter { width: 12rem; max-width: 100%; height: .8rem; }
.muted { color: var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; }
td.number { text-align: right; }
`;
