/**
 * What the gateway's modules can do, in one table.
 *
 *   npm run bench [-- --only SECTION[,SECTION…]]
 *
 * Sections and what they measure: tests/bench/README.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { detectorRows } from './detector.ts';
import { gatewayRows } from './gateway-figures.ts';
import { hopRows } from './hop.ts';
import { makeBundles } from './make-bundles.ts';
import { describeMachine } from './machine.ts';
import { memoryRows } from './memory.ts';
import { outboxRows } from './outbox.ts';
import { formatTable, type Row } from './table.ts';

const startedMs = performance.now();
const say = (text: string) => {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  process.stderr.write(`${seconds.padStart(5)} s  ${text}\n`);
};

type Section = (bundles: string) => Promise<Row[]>;

const SECTIONS: Readonly<Record<string, Section>> = {
  outbox: () => outboxRows(),
  detector: () => detectorRows(),
  hop: (bundles) => hopRows(bundles),
  gateway: (bundles) => gatewayRows(bundles, say),
  memory: (bundles) => memoryRows(bundles, say),
};

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = values.only?.split(',') ?? Object.keys(SECTIONS);
const unknown = chosen.find((name) => !Object.hasOwn(SECTIONS, name));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no section ${unknown}. There are: ${Object.keys(SECTIONS).join(', ')}.\n`,
  );
  process.exit(2);
}

const machine = describeMachine();
process.stdout.write(`${machine}\n`);
const folder = mkdtempSync(join(tmpdir(), 'bench-bundles-'));
try {
  say('compiling edge-hub, bundling the modules');
  makeBundles(folder);
  const rows: Row[] = [];
  for (const name of chosen) {
    say(name);
    rows.push(...((await SECTIONS[name]?.(folder)) ?? []));
  }
  process.stdout.write(`\n${formatTable(rows)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
