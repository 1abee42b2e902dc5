/** The frame of the pages that people open: plain HTML, no script, nothing loaded from anywhere. */
import { escapeHtml } from './wording.ts';

const STYLE = `:root{color-scheme:light dark;--page:#eef1f4;--card:#fff;--ink:#1f2933;--soft:#5b6672;--line:#d5dbe1;--main:#1f5f8b}
@media (prefers-color-scheme:dark){:root{--page:#16191d;--card:#22272e;--ink:#e6e9ed;--soft:#a3adb8;--line:#3a424d;--main:#2b74a8}}
*{box-sizing:border-box}
body{margin:0;padding:24px 12px;background:var(--page);color:var(--ink);font:15px/22px -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{max-width:640px;margin:0 auto;padding:24px;background:var(--card);border:1px solid var(--line);border-radius:8px;overflow-wrap:anywhere}
h1{margin:0 0 12px;font-size:20px;line-height:27px}
h2{margin:0 0 4px;font-size:15px;line-height:21px}
p{margin:0 0 12px}
.soft{color:var(--soft);font-size:14px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0 0 16px}
dt{color:var(--soft)}dd{margin:0}
article{padding:16px 0;border-top:1px solid var(--line)}
form{display:inline-block;margin:0 8px 8px 0}
button{padding:9px 16px;border:1px solid var(--main);border-radius:6px;background:var(--main);color:#fff;font:inherit;font-weight:600;cursor:pointer}
button.quiet{background:transparent;color:var(--ink);border-color:var(--line)}`;

/** A page of its own: `body` is HTML already, `title` is not. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>
<h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>
`;
}

/** A sentence, escaped. */
export function paragraph(sentence: string): string {
  return `<p>${escapeHtml(sentence)}</p>`;
}

/** Named values, escaped. */
export function definitions(
  entries: readonly { readonly label: string; readonly value: string }[],
): string {
  const rows = entries.map(
    ({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}
