/** What Azure would refuse, found before anything is made. */
import {
  coreQuota,
  nameChecks,
  OPTIONAL_PROVIDERS,
  PROVIDERS,
  registeredProviders,
  streamingUnitQuota,
  type NameCheck,
} from './core/account-commands.ts';
import { deletedVaults, listResources } from './core/group-commands.ts';
import { hubShortfalls, trafficOf } from './core/traffic.ts';
import { NameAnswer, Names, Resources, UnitQuotas, Usages } from './answers.ts';
import type { Session } from './session.ts';

/** What was found. */
export interface Findings {
  /** `up` would fail. */
  readonly problems: readonly string[];
  /** Providers that `up` registers. */
  readonly unregistered: readonly string[];
}

/** Cores of the four small nodes of the notebook's job. */
const DATABRICKS_CORES = 16;

/** Looks for everything that would stop `up`. */
export async function check(session: Session): Promise<Findings> {
  return {
    problems: [
      ...sizeProblems(session),
      ...(await nameProblems(session)),
      ...(await quotaProblems(session)),
    ],
    unregistered: await unregisteredProviders(session),
  };
}

function sizeProblems({ files }: Session): string[] {
  const traffic = trafficOf(files.sizes.workload);
  return hubShortfalls(files.sizes.iotHub, traffic).map(
    (why) => `The IoT Hub is too small: ${why}.`,
  );
}

/** Names that somebody else has. What is in our group already has its name from us. */
async function nameProblems({ az, target, names, group }: Session): Promise<string[]> {
  const resources = group === undefined ? [] : await az.ask(listResources(target), Resources);
  const present = new Set(resources.map(({ name }) => name));
  const problems: string[] = [];
  for (const check of nameChecks(target, names)) {
    if (present.has(check.name)) continue;
    const answer = await az.ask(check.command, NameAnswer);
    if (answer.nameAvailable ?? answer.available ?? false) continue;
    problems.push(takenName(check, answer.message ?? answer.reason ?? 'no reason given'));
  }
  const deleted = await az.ask(deletedVaults(target), Names);
  if (!present.has(names.vault) && deleted.includes(names.vault)) {
    problems.push(
      `A deleted Key Vault keeps the name ${names.vault}: \`az keyvault purge --name ${names.vault}\`.`,
    );
  }
  return problems;
}

function takenName({ what, name }: NameCheck, why: string): string {
  return `The name ${name} (${what}) cannot be had: ${why} Choose another --group: names follow from it.`;
}

async function quotaProblems({ az, target, files }: Session): Promise<string[]> {
  const { jobs, databricks } = files.sizes;
  const problems: string[] = [];
  const wanted = [jobs.hotPathUnits, jobs.coldPathUnits, jobs.alertsUnits];
  const units = wanted.reduce((sum, unit) => sum + unit, 0);
  const quotas = await az.ask(streamingUnitQuota(target), UnitQuotas);
  const [quota] = quotas.value;
  const left =
    quota === undefined ? units : quota.properties.maxCount - quota.properties.currentCount;
  if (left < units) {
    problems.push(
      `Stream Analytics has ${left} of the ${units} streaming units left in ${target.location}: ask for more in the portal ("Quotas").`,
    );
  }
  if (!databricks.enabled) return problems;
  const usages = await az.ask(coreQuota(target), Usages);
  const cores = usages.find(({ name }) => name.value === 'cores');
  if (cores !== undefined && cores.limit - cores.currentValue < DATABRICKS_CORES) {
    problems.push(
      `${DATABRICKS_CORES} cores for Databricks are not left in ${target.location} (${cores.currentValue} of ${cores.limit} in use).`,
    );
  }
  return problems;
}

async function unregisteredProviders({ az, target, files }: Session): Promise<string[]> {
  const registered = new Set(await az.ask(registeredProviders(target), Names));
  const wanted = [
    ...PROVIDERS,
    ...(files.sizes.databricks.enabled ? [OPTIONAL_PROVIDERS.databricks] : []),
  ];
  return wanted.filter((name) => !registered.has(name));
}
