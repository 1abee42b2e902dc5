/** `plan`: what would be made, whether Azure lets it, and what it costs. Changes nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimate, total, type BillLine } from './core/estimate.ts';
import { PRICES_AS_OF } from './core/prices.ts';
import { count, trafficOf } from './core/traffic.ts';
import { check, type Findings } from './checks.ts';
import { readSizes } from './environment-files.ts';
import type { Session } from './session.ts';

/** Environments whose bills are shown side by side. */
const COMPARED = ['lab', 'fleet'];

/** Says everything, and answers with what stands against it. */
export async function plan(session: Session, infra: string): Promise<Findings> {
  sayWhere(session);
  sayWhat(session, infra);
  sayBills(session, infra);
  const findings = await check(session);
  sayFindings(session, findings);
  return findings;
}

function sayWhere({ say, subscriptionName, deployer, target, group, options }: Session): void {
  const state = group === undefined ? 'will be made' : 'is there';
  const owner = group === undefined || group.ours ? '' : ', not made by this command: it stays';
  say(`Subscription    ${subscriptionName} (${target.subscriptionId})`);
  say(`Signed in       ${deployer.name}`);
  say(`Environment     ${options.environment}`);
  say(`Resource group  ${target.group} in ${target.location}: ${state}${owner}`);
  say('');
}

function sayWhat({ say, names, files }: Session, infra: string): void {
  const { sizes } = files;
  const traffic = trafficOf(sizes.workload);
  say(`For ${count(traffic.meters)} meters, gateways: ${count(sizes.workload.gateways)}`);
  const rows: [string, string][] = [
    ['IoT Hub', `${names.hub}: ${sizes.iotHub.units} × ${sizes.iotHub.tier}`],
    ['Device Provisioning', names.provisioning],
    ['Event Hubs', `${names.eventHubs}: hot-path, alerts`],
    ['Stream Analytics', [names.hotPathJob, names.coldPathJob, names.alertsJob].join(', ')],
    ['Storage', `${names.archive} (archive), ${names.functionStorage} (Function)`],
    ['Azure SQL', `${names.sqlServer}/${names.database}: ${sizes.sql.sku}`],
    ['Functions', names.function],
    ['App Service', `${names.dashboard}: ${sizes.dashboard.instances} × ${sizes.dashboard.sku}`],
    ['Key Vault', names.vault],
    ['Databricks', sizes.databricks.enabled ? names.databricks : 'none'],
  ];
  for (const [service, what] of rows) say(`  ${service.padEnd(20)}${what}`);
  say(
    `  and a network, identities, roles, logs, alerts, a budget: ${moduleCount(infra)} templates in cloud/infra`,
  );
  say('');
}

function moduleCount(infra: string): number {
  const main = readFileSync(join(infra, 'main.bicep'), 'utf8');
  return [...main.matchAll(/^module /gm)].length;
}

function sayBills({ say, options }: Session, infra: string): void {
  const environments = [...new Set([...COMPARED, options.environment])];
  for (const environment of environments) {
    const sizes = readSizes(join(infra, 'environments', `${environment}.json`));
    const lines = estimate(sizes);
    const { meters } = trafficOf(sizes.workload);
    say(`A month with ${count(meters)} meters (${environment}): about ${usd(total(lines))}`);
    for (const line of lines) say(billLine(line));
    say('');
  }
  say(`List prices of East US, US dollars, written down ${PRICES_AS_OF}; without tax, discounts,`);
  say(
    'and what is left of earlier months in the archive. The budget of the group mails when it is passed.',
  );
  say('');
}

function billLine({ service, monthlyUsd, basis }: BillLine): string {
  return `  ${service.padEnd(24)}${usd(monthlyUsd).padStart(9)}  ${basis}`;
}

function usd(amount: number): string {
  return `$${count(amount)}`;
}

function sayFindings({ say }: Session, { problems, unregistered }: Findings): void {
  if (unregistered.length > 0) {
    say(`\`up\` registers resource providers: ${unregistered.join(', ')}`);
  }
  for (const problem of problems) say(`Problem: ${problem}`);
  say(problems.length === 0 ? 'Nothing stands against it.' : '');
}
