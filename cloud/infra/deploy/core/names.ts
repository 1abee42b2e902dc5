/**
 * Names of what is deployed, as `cloud/infra/main.bicep` makes them.
 *
 * Invariants:
 * - the same subscription, resource group and environment always give the same names;
 * - every name keeps its service's rules for length and letters.
 */

/** What the names are made from. */
export interface NameParts {
  /** Two to eight lower-case letters or digits, for example `lab`. */
  readonly environment: string;
  /** Six lower-case letters or digits: see `suffixFor`. */
  readonly suffix: string;
}

/** Names of the resources that commands speak of. */
export interface ResourceNames {
  readonly hub: string;
  readonly provisioning: string;
  readonly eventHubs: string;
  readonly archive: string;
  readonly functionStorage: string;
  readonly vault: string;
  readonly sqlServer: string;
  readonly database: string;
  readonly hotPathJob: string;
  readonly coldPathJob: string;
  readonly alertsJob: string;
  readonly function: string;
  readonly dashboard: string;
  readonly databricks: string;
  readonly logicApp: string;
  readonly budget: string;
}

/** The names for an environment. */
export function resourceNames({ environment, suffix }: NameParts): ResourceNames {
  const base = `iot-${environment}-${suffix}`;
  return {
    hub: `${base}-hub`,
    provisioning: `${base}-dps`,
    eventHubs: `${base}-events`,
    archive: `iot${environment}${suffix}data`,
    functionStorage: `iot${environment}${suffix}func`,
    vault: `${base}-kv`,
    sqlServer: `${base}-sql`,
    database: 'smart-meters',
    hotPathJob: `${base}-hot-path`,
    coldPathJob: `${base}-cold-path`,
    alertsJob: `${base}-alerts`,
    function: `${base}-function`,
    dashboard: `${base}-dashboard`,
    databricks: `${base}-databricks`,
    logicApp: `${base}-mails`,
    budget: `${base}-budget`,
  };
}

/** Name of the Log Analytics workspace. */
export function logsName({ environment, suffix }: NameParts): string {
  return `iot-${environment}-${suffix}-logs`;
}

/** The resource group when none is named. */
export function defaultGroup(environment: string): string {
  return `iot-end-to-end-${environment}`;
}

/**
 * Six letters and digits that make names unique in Azure without being random, so that a second
 * `up` finds what the first one made.
 */
export function suffixFor(subscriptionId: string, group: string): string {
  const text = `${subscriptionId}/${group}`.toLowerCase();
  // FNV-1a over 64 bits: spread evenly, and needs no module.
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(36).padStart(13, '0').slice(-6);
}
