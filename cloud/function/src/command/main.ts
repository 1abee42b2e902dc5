/** `npm run alerts -- --dry-run events.json`: what would be mailed. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { counted } from '../core/wording.ts';
import { parseDryRunSettings } from '../env.ts';
import { asPage, dryRun, type DryMail } from './dry-run.ts';
import { readEvents } from './read-events.ts';

const USAGE = `Usage: npm run alerts -- --dry-run EVENTS.json [--html FOLDER]

Shows each mail that the events would lead to: when, to whom, its subject and text. Nothing is sent.
EVENTS.json: a JSON array, or objects line by line, as on the event hub alerts; averages as on the hub
hot-path are signs of life of their gateway. "arrivedAt" in an event says when it arrives, if not when
it happens. --html also writes each mail as a page. Settings come from the environment as in
cloud/function/README.md: SITES, MAIL_TO, GROUP_WAIT_SECONDS and the others of its kind.`;

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'string' },
      html: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const file = values['dry-run'];
  if (values.help || file === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return values.help ? 0 : 2;
  }
  const { events, faults } = readEvents(await readFile(file, 'utf8'));
  const mails = await dryRun(events, parseDryRunSettings(process.env));
  for (const [index, mail] of mails.entries()) process.stdout.write(show(mail, index + 1));
  if (values.html !== undefined) await writePages(values.html, mails);
  const anomalies = events.filter(({ kind }) => kind === 'anomaly').length;
  process.stdout.write(
    `${counted(mails.length, 'mail', 'mails')} for ${counted(anomalies, 'anomaly', 'anomalies')}.\n`,
  );
  for (const { place, message } of faults) {
    process.stderr.write(`${file}, ${place}: ${message}\n`);
  }
  return faults.length === 0 ? 0 : 1;
}

function show({ atMs, mail, rendered }: DryMail, number: number): string {
  const head = [
    `--- ${number}: ${mail.kind}, ${new Date(atMs).toISOString()}`,
    `To: ${mail.recipients.join(', ')}`,
    `Subject: ${rendered.subject}`,
  ];
  return `${head.join('\n')}\n\n${rendered.text}\n`;
}

async function writePages(folder: string, mails: readonly DryMail[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, { mail, rendered }] of mails.entries()) {
    const number = String(index + 1).padStart(3, '0');
    await writeFile(join(folder, `${number}-${mail.kind}.html`), asPage(rendered));
  }
}
