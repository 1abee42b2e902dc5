/** What an environment costs in a month: `core/prices.ts` times `core/traffic.ts`. */
import * as prices from './prices.ts';
import type { Sizes } from './sizes.ts';
import { ARCHIVED_BYTES, count, trafficOf, type Traffic } from './traffic.ts';

/** One line of the bill. */
export interface BillLine {
  readonly service: string;
  /** What was assumed and multiplied. */
  readonly basis: string;
  readonly monthlyUsd: number;
}

const MONTH_DAYS = 30.4;
const GB = 1e9;

/** The lines of the bill of an average month, without what a stored month adds to the next. */
export function estimate(sizes: Sizes): BillLine[] {
  const traffic = trafficOf(sizes.workload);
  return [
    ...hubLines(sizes, traffic),
    eventHubsLine(sizes, traffic),
    jobsLine(sizes),
    archiveLine(sizes, traffic),
    sqlLine(sizes),
    functionLine(sizes),
    dashboardLine(sizes),
    monitoringLine(traffic),
    mailLine(),
    ...(sizes.databricks.enabled ? [databricksLine()] : []),
  ];
}

/** Sum of the lines, US dollars. */
export function total(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0);
}

function hubLines({ iotHub }: Sizes, traffic: Traffic): BillLine[] {
  return [
    {
      service: 'IoT Hub',
      basis: `${iotHub.units} × ${iotHub.tier}; ${count(traffic.messagesPerDay)} messages a day`,
      monthlyUsd: iotHub.units * prices.HUB_UNIT[iotHub.tier],
    },
    {
      service: 'Device Provisioning',
      basis: 'each device registers once in the first month',
      monthlyUsd: (traffic.meters / 1_000) * prices.PROVISIONING_THOUSAND,
    },
  ];
}

function eventHubsLine({ eventHubs }: Sizes, traffic: Traffic): BillLine {
  const events = traffic.averagesPerDay * MONTH_DAYS;
  const unitHours = eventHubs.throughputUnits * prices.MONTH_HOURS;
  return {
    service: 'Event Hubs',
    basis: `${eventHubs.throughputUnits} throughput units, ${count(events / 1e6)} million averages`,
    monthlyUsd:
      unitHours * prices.EVENT_HUBS.unitHour + (events / 1e6) * prices.EVENT_HUBS.millionEvents,
  };
}

function jobsLine({ jobs }: Sizes): BillLine {
  const units = [jobs.hotPathUnits, jobs.coldPathUnits, jobs.alertsUnits].map(streamingUnits);
  const sum = units.reduce((a, b) => a + b, 0);
  return {
    service: 'Stream Analytics',
    basis: `${units.map((unit) => unit.toFixed(1)).join(' + ')} streaming units, running day and night; at most`,
    monthlyUsd: sum * prices.MONTH_HOURS * prices.STREAMING_UNIT_HOUR,
  };
}

/** The template's figure as streaming units (V2): 3 is a third, 7 two thirds, 10 one. */
export function streamingUnits(figure: number): number {
  if (figure < 10) return Math.round(figure / (10 / 3)) / 3;
  return figure / 10;
}

function archiveLine({ storage, iotHub }: Sizes, traffic: Traffic): BillLine {
  const gb = (traffic.readingsPerDay * MONTH_DAYS * ARCHIVED_BYTES) / GB;
  // The month begins empty and ends full. A partition appends about every ten seconds.
  const appends = Math.min(iotHub.partitions * (86_400 / 10), traffic.messagesPerDay);
  const writes = appends * MONTH_DAYS;
  const gbPrice = storage.redundancy.includes('ZRS') ? prices.STORAGE.zrsGb : prices.STORAGE.lrsGb;
  return {
    service: 'Storage',
    basis: `${count(gb)} GB more each month, ${(writes / 1e6).toFixed(1)} million writes`,
    monthlyUsd: (gb / 2) * gbPrice + (writes / 10_000) * prices.STORAGE.tenThousandWrites,
  };
}

function sqlLine({ sql }: Sizes): BillLine {
  if (sql.tier === 'Basic') {
    return { service: 'Azure SQL', basis: 'Basic, 5 DTU', monthlyUsd: prices.SQL.basicMonth };
  }
  const factor = sql.zoneRedundant ? prices.SQL.zoneFactor : 1;
  return {
    service: 'Azure SQL',
    basis: `${sql.capacity} vCores, ${count(sql.maximumGb)} GB`,
    monthlyUsd:
      factor * (sql.capacity * prices.SQL.vCoreMonth + sql.maximumGb * prices.SQL.gbMonth),
  };
}

function functionLine({ function: app }: Sizes): BillLine {
  // A timer every five seconds; Flex Consumption bills at least a second of an instance.
  const runs = (86_400 / 5) * MONTH_DAYS;
  const gbSeconds = runs * (app.instanceMemoryMb / 1_024);
  const paid = (amount: number, free: number): number => Math.max(0, amount - free);
  return {
    service: 'Functions',
    basis: `${count(runs)} runs of a second with ${app.instanceMemoryMb} MB`,
    monthlyUsd:
      paid(gbSeconds, prices.FUNCTIONS.freeGbSeconds) * prices.FUNCTIONS.gbSecond +
      (paid(runs, prices.FUNCTIONS.freeRuns) / 1e6) * prices.FUNCTIONS.millionRuns,
  };
}

function dashboardLine({ dashboard }: Sizes): BillLine {
  return {
    service: 'App Service',
    basis: `${dashboard.instances} × ${dashboard.sku}`,
    monthlyUsd: dashboard.instances * (prices.APP_SERVICE[dashboard.sku] ?? 0),
  };
}

/** Metric rules: four on each of three jobs, five on the hub, two on event hubs, one on mails. */
const ALERT_RULES = { metric: 4 * 3 + 5 + 2 + 1, log: 2 };

function monitoringLine({ meters }: Traffic): BillLine {
  const gbPerDay = 0.05 + meters * 25e-6;
  return {
    service: 'Azure Monitor',
    basis: `${gbPerDay.toFixed(2)} GB of logs a day, ${ALERT_RULES.metric + ALERT_RULES.log} alert rules`,
    monthlyUsd:
      gbPerDay * MONTH_DAYS * prices.LOGS_GB +
      ALERT_RULES.metric * prices.ALERTS.metric +
      ALERT_RULES.log * prices.ALERTS.log,
  };
}

function mailLine(): BillLine {
  const mails = 1_000;
  return {
    service: 'Communication Services',
    basis: `${count(mails)} mails`,
    monthlyUsd: mails * prices.MAIL,
  };
}

function databricksLine(): BillLine {
  const nodes = 4;
  const nodeHours = nodes * MONTH_DAYS;
  const { unit, unitsOfNode, nodeHour, natHour } = prices.DATABRICKS;
  return {
    service: 'Databricks',
    basis: `${nodes} small nodes for an hour a day, a NAT gateway`,
    monthlyUsd: nodeHours * (unitsOfNode * unit + nodeHour) + natHour * prices.MONTH_HOURS,
  };
}
