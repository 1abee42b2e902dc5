/**
 * Unit prices: US dollars, region East US, pay as you go, without tax or discount.
 *
 * They are list prices as generally known on `PRICES_AS_OF`, written down by hand: good for an order of magnitude.
 * The page of each service is https://azure.microsoft.com/pricing/details/<page>.
 */

/** When the prices below were written down. */
export const PRICES_AS_OF = '2026-11-23';

/** Hours of an average month, as Azure reckons. */
export const MONTH_HOURS = 730;

/** IoT Hub, a unit and month; page iot-hub. */
export const HUB_UNIT = { S1: 25, S2: 250, S3: 2_500 } as const;

/** Device Provisioning, 1,000 operations; page iot-hub. */
export const PROVISIONING_THOUSAND = 0.1;

/** Event Hubs standard: a throughput unit and hour, a million events in; page event-hubs. */
export const EVENT_HUBS = { unitHour: 0.03, millionEvents: 0.028 } as const;

/**
 * Stream Analytics, a streaming unit (V2) and hour: six of the old units of 0.11. V2 is billed in
 * tiers below that, so this is the most that it can be; page stream-analytics.
 */
export const STREAMING_UNIT_HOUR = 0.66;

/** Storage with hierarchical namespace, hot: a gigabyte and month, 10,000 writes; page storage/data-lake. */
export const STORAGE = { lrsGb: 0.021, zrsGb: 0.026, tenThousandWrites: 0.072 } as const;

/** Azure SQL: Basic a month; a vCore of General Purpose a month; page azure-sql-database. */
export const SQL = { basicMonth: 4.9, vCoreMonth: 184, zoneFactor: 1.6, gbMonth: 0.115 } as const;

/** Functions, Flex Consumption on demand; page functions. */
export const FUNCTIONS = {
  gbSecond: 0.000026,
  freeGbSeconds: 100_000,
  millionRuns: 0.4,
  freeRuns: 250_000,
} as const;

/** App Service on Linux, an instance and month; page app-service/linux. */
export const APP_SERVICE: Readonly<Record<string, number>> = { B1: 13.2, P0v3: 62, P1v3: 124 };

/** Log Analytics: a gigabyte taken in; page monitor. */
export const LOGS_GB = 2.3;

/** Azure Monitor: a metric alert and a log alert every five minutes, a month; page monitor. */
export const ALERTS = { metric: 0.1, log: 1.5 } as const;

/** Communication Services, a mail; page communication-services. */
export const MAIL = 0.00025;

/** Databricks premium, a unit of job compute; a small node with four cores an hour; NAT gateway an hour. */
export const DATABRICKS = { unit: 0.3, nodeHour: 0.23, unitsOfNode: 0.75, natHour: 0.05 } as const;
