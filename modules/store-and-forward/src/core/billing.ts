/**
 * What IoT Hub counts against a hub's daily quota.
 *
 * Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-pricing, learn.microsoft.com/azure/iot-hub/iot-hub-devguide-quotas-throttling
 */

/** Every begun piece of a message counts as one, bytes; 512 in the free tier. */
export const BILLED_BYTES = 4_096;
/** Room for topic, properties and the MQTT header in a message of any size, bytes. */
export const ENVELOPE_BYTES = 512;

/** How long a body may be, so that its message stays just under a multiple of what is billed. */
export function mostBodyBytes(maxMessageBytes: number): number {
  return Math.floor(maxMessageBytes / BILLED_BYTES) * BILLED_BYTES - ENVELOPE_BYTES;
}

/** Longest body not above `bodyBytes` that fills its last piece; 0 when none is filled. */
export function filledBodyBytes(bodyBytes: number): number {
  return Math.max(0, mostBodyBytes(bodyBytes + ENVELOPE_BYTES));
}

/** As how many messages one with a body of so many bytes counts. */
export function billedMessages(bodyBytes: number): number {
  return Math.ceil((bodyBytes + ENVELOPE_BYTES) / BILLED_BYTES);
}
