/**
 * How much the meters of an environment send, and whether the hub takes it.
 *
 * Invariants:
 * - IoT Hub counts every begun 4 KiB of a message as one;
 * - a gateway packs what has come in within `maxDelaySeconds`, at most `maxMessageBytes`, and lets what
 *   does not fill a block wait for the next message.
 *
 * Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-pricing and
 * learn.microsoft.com/azure/iot-hub/iot-hub-devguide-quotas-throttling
 */
import type { HubTier, Sizes, Workload } from './sizes.ts';

/** What a unit of IoT Hub takes. */
interface UnitLimits {
  readonly messagesPerDay: number;
  /** Device-to-cloud sends a second. */
  readonly sendsPerSecond: number;
  /** Sends a second that a hub takes however few its units are. */
  readonly sendsPerSecondAtLeast: number;
}

/** Limits of a unit, by tier. */
export const HUB_LIMITS: Readonly<Record<HubTier, UnitLimits>> = {
  S1: { messagesPerDay: 400_000, sendsPerSecond: 12, sendsPerSecondAtLeast: 100 },
  S2: { messagesPerDay: 6_000_000, sendsPerSecond: 120, sendsPerSecondAtLeast: 120 },
  S3: { messagesPerDay: 300_000_000, sendsPerSecond: 6_000, sendsPerSecondAtLeast: 6_000 },
};

const DAY_SECONDS = 86_400;
const WINDOW_SECONDS = 300;
const BLOCK_BYTES = 4_096;

/** A reading, and an average, as JSON in a message; bytes. */
export const READING_BYTES = 95;
export const AVERAGE_BYTES = 230;
/** A reading as a line of the archive; bytes. */
export const ARCHIVED_BYTES = 80;

/** Desired properties of store-and-forward in `deployment.template.json`. */
const PACK = { maxMessageBytes: 65_536, maxDelaySeconds: 60 };
/** What a message holds beside its readings; bytes. */
const ENVELOPE_BYTES = 512;

/** What arrives in Azure. */
export interface Traffic {
  readonly meters: number;
  readonly readingsPerDay: number;
  readonly averagesPerDay: number;
  /** As IoT Hub counts them: in blocks of 4 KiB. */
  readonly messagesPerDay: number;
  readonly sendsPerSecond: number;
}

/** The traffic of a workload. */
export function trafficOf(workload: Workload): Traffic {
  const meters = workload.metersBehindGateways + workload.directMeters;
  const readings = (count: number): number => count / workload.readingIntervalSeconds;
  const perGateway =
    workload.gateways === 0 ? 0 : workload.metersBehindGateways / workload.gateways;
  const packs = packsOf(readings(perGateway));
  const averages = averagesOf(perGateway);
  const direct = readings(workload.directMeters);
  return {
    meters,
    readingsPerDay: readings(meters) * DAY_SECONDS,
    averagesPerDay: (meters / WINDOW_SECONDS) * DAY_SECONDS,
    messagesPerDay: Math.round(
      (workload.gateways * (packs.blocks + averages.blocks) + direct) * DAY_SECONDS,
    ),
    sendsPerSecond: workload.gateways * (packs.sends + averages.sends) + direct,
  };
}

interface PerSecond {
  readonly sends: number;
  readonly blocks: number;
}

/** Raw readings of one gateway, packed. */
function packsOf(readingsPerSecond: number): PerSecond {
  if (readingsPerSecond === 0) return { sends: 0, blocks: 0 };
  const inTime = Math.max(1, readingsPerSecond * PACK.maxDelaySeconds);
  const bytes = Math.min(PACK.maxMessageBytes, inTime * READING_BYTES + ENVELOPE_BYTES);
  const filled = Math.floor(bytes / BLOCK_BYTES);
  const readingsInPack =
    filled === 0 ? inTime : Math.floor((filled * BLOCK_BYTES - ENVELOPE_BYTES) / READING_BYTES);
  const sends = readingsPerSecond / readingsInPack;
  return { sends, blocks: sends * Math.max(1, filled) };
}

/** Averages of one gateway: its windows end together, and leave together. */
function averagesOf(meters: number): PerSecond {
  if (meters === 0) return { sends: 0, blocks: 0 };
  const bytes = meters * AVERAGE_BYTES;
  return {
    sends: Math.ceil(bytes / PACK.maxMessageBytes) / WINDOW_SECONDS,
    blocks: Math.ceil(bytes / BLOCK_BYTES) / WINDOW_SECONDS,
  };
}

/** Why a hub is too small for the traffic; empty when it is not. */
export function hubShortfalls({ tier, units }: Sizes['iotHub'], traffic: Traffic): string[] {
  const limits = HUB_LIMITS[tier];
  const perDay = limits.messagesPerDay * units;
  const perSecond = Math.max(limits.sendsPerSecondAtLeast, limits.sendsPerSecond * units);
  const shortfalls: string[] = [];
  if (traffic.messagesPerDay > perDay) {
    shortfalls.push(
      `${count(traffic.messagesPerDay)} messages a day, and it takes ${count(perDay)}`,
    );
  }
  if (traffic.sendsPerSecond > perSecond) {
    shortfalls.push(
      `${count(traffic.sendsPerSecond)} sends a second, and it takes ${count(perSecond)}`,
    );
  }
  return shortfalls;
}

/** A number as people read it. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
