import { createHash } from 'node:crypto';

/** Longest message id that IoT Hub takes, characters. Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-construct */
export const MAX_MESSAGE_ID_LENGTH = 128;

/** Ids of messages that hold several readings or results: docs/contracts.md, "Message ids". */
const SEVERAL_READINGS = /^telemetry\/.*\/(\d+)-(\d+)$/;
const SEVERAL_AVERAGES = /^average\/.*\/r\d+\+(\d+)$/;
const UPLOADED_READINGS = /^upload\/.*\/\d+-\d+-(\d+)$/;

/** SHA-256 in hexadecimal digits. */
const DIGEST_LENGTH = 64;

/**
 * A message id from what the message says: `average/Meter07/2026-11-22T18:05:00Z/r0`.
 *
 * One that would be longer than IoT Hub takes keeps its beginning, and ends with the digest of the
 * whole: the same for the same content, another for any other.
 */
export function messageIdOf(...parts: readonly (string | number)[]): string {
  const whole = parts.join('/');
  if (whole.length <= MAX_MESSAGE_ID_LENGTH) return whole;
  const digest = createHash('sha256').update(whole).digest('hex');
  return `${whole.slice(0, MAX_MESSAGE_ID_LENGTH - DIGEST_LENGTH - 1)}/${digest}`;
}

/** How many readings or results a message holds, by its id. */
export function countInMessage(messageId: string): number {
  const [, first, last] = SEVERAL_READINGS.exec(messageId) ?? [];
  if (first !== undefined) return Number(last) - Number(first) + 1;
  const [, others] = SEVERAL_AVERAGES.exec(messageId) ?? [];
  if (others !== undefined) return Number(others) + 1;
  return Number(UPLOADED_READINGS.exec(messageId)?.[1] ?? 1);
}
