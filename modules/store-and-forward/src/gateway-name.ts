import { createHash } from 'node:crypto';

/** `ledger/<name>/<number>-<number>/<part>` stays within the 128 characters that IoT Hub takes. */
const MAX_LENGTH = 80;
const DIGEST_LENGTH = 32;

/** What a gateway's messages are named by: its device id, or where that is too long its beginning and a digest. */
export function gatewayName(deviceId: string): string {
  if (deviceId.length <= MAX_LENGTH) return deviceId;
  const digest = createHash('sha256').update(deviceId).digest('hex').slice(0, DIGEST_LENGTH);
  return `${deviceId.slice(0, MAX_LENGTH - DIGEST_LENGTH - 1)}~${digest}`;
}
