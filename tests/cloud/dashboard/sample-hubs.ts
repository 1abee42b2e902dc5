/** The dashboard beside a real Event Hubs front, for one test file. */
import { pino } from 'pino';
import {
  startDashboard,
  type RunningDashboard,
} from '../../../cloud/dashboard/server/dashboard.ts';
import { readEnv } from '../../../cloud/dashboard/server/env.ts';
import type { HistoryReader } from '../../../cloud/dashboard/server/history.ts';
import { eventHubsConnectionString } from '../../../simulator/wire/connection-strings.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import { textEvent } from '../../support/events.ts';
import type { TestEventHubs } from '../../support/event-hubs.ts';
import { DASHBOARD_PAGE } from '../../support/pages.ts';

/** The settings by which the supervisor would start the dashboard, with a port of the system's choice. */
export function dashboardVariables(settings: Settings): Record<string, string> {
  const connection = eventHubsConnectionString(settings);
  return {
    HOT_PATH_CONNECTION_STRING: connection,
    ALERTS_CONNECTION_STRING: connection,
    PORT: '0',
  };
}

/** Starts the dashboard, on a port of the system's choice unless `variables` say otherwise. */
export function startTestDashboard(
  settings: Settings,
  variables: Record<string, string> = {},
  history?: HistoryReader,
): Promise<RunningDashboard> {
  const env = readEnv({ ...dashboardVariables(settings), ...variables });
  return startDashboard(env, DASHBOARD_PAGE, pino({ level: 'silent' }), history);
}

/** Appends one event to the hub with the averages. */
export async function appendAverage(
  { eventLog }: TestEventHubs,
  average: {
    id: string;
    windowEnd: string;
    average: number;
    revision?: number;
    count?: number;
    expectedCount?: number;
    delaySeconds?: number;
  },
): Promise<void> {
  const row = { minimum: average.average - 1, maximum: average.average + 1, count: 30, ...average };
  await eventLog.append('hot-path', { partitionKey: average.id }, [textEvent(JSON.stringify(row))]);
}

/** Appends one event to the hub with the anomalies. */
export async function appendAnomaly(
  { eventLog }: TestEventHubs,
  anomaly: {
    id: string;
    time: string;
    temp: number;
    direction: 'spike' | 'dip';
    delaySeconds?: number;
  },
): Promise<void> {
  const row = { score: 1e-9, usual: 70, confidence: 99.99, historySize: 120, ...anomaly };
  await eventLog.append('alerts', { partitionKey: anomaly.id }, [textEvent(JSON.stringify(row))]);
}
