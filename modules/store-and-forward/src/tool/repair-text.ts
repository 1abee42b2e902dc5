/** What a repair came to, as text for a terminal. */
import type { Repair } from './repair.ts';
import { count, printable, tableLines, type Paint } from './terminal.ts';

/** The whole report, ready to print. */
export function repairText(repair: Repair, paint: Paint): string {
  const { path, wasSound, tables, losses, aside, findings } = repair;
  if (wasSound) return `${paint.strong(path)}  ${paint.good('all is well')}, nothing was changed\n`;
  const lines = [`${paint.strong(path)}  repaired`, ''];
  if (tables.length > 0) {
    const rows = tables.map((table) => [
      table.name,
      count(table.rows),
      table.lostRows === 0 ? '–' : `about ${count(table.lostRows)}`,
    ]);
    lines.push(...tableLines(['table', 'rows saved', 'rows lost'], rows, paint), '');
  }
  lines.push(paint.strong('In the ledger'));
  if (losses.length === 0) lines.push('  nothing: all that counts was saved');
  else {
    const rows = losses.map((loss) => [count(loss.count), loss.kind, printable(loss.reason)]);
    lines.push(...tableLines(['count', 'kind', 'reason'], rows, paint));
    lines.push('  It is sent when the module runs again.');
  }
  if (aside.length > 0) {
    lines.push('', paint.strong('Kept aside, to be removed when nobody needs it'));
    lines.push(...aside.map((name) => `  ${name}`));
  }
  for (const { place, problem, remedy } of findings) {
    lines.push('', paint.bad(`Still wrong: ${printable(place)}: ${printable(problem)}`));
    lines.push(paint.faint(`  → ${remedy}`));
  }
  return `${lines.join('\n')}\n`;
}
