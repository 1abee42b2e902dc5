/** The results of checks as text for a terminal. */
import type { CheckResult } from './check.ts';
import { count, printable, type Paint } from './terminal.ts';

/** All results, ready to print. */
export function checkText(path: string, results: readonly CheckResult[], paint: Paint): string {
  const findings = results.reduce((sum, { findings: own, more }) => sum + own.length + more, 0);
  const verdict =
    findings === 0
      ? paint.good('all is well')
      : paint.bad(`${count(findings)} ${findings === 1 ? 'finding' : 'findings'}`);
  const lines = [`${paint.strong(path)}  ${verdict}`, ''];
  for (const { title, findings: own, more } of results) {
    lines.push(`  ${own.length === 0 ? paint.good('ok') : paint.bad('!!')}  ${title}`);
    for (const { place, problem, remedy } of own) {
      lines.push(`        ${printable(place)}: ${printable(problem)}`);
      lines.push(paint.faint(`          → ${remedy}`));
    }
    if (more > 0) lines.push(`        and ${count(more)} more`);
  }
  return `${lines.join('\n')}\n`;
}
