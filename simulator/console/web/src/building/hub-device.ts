import type { AzureStatus } from '../../../server/status-schemas.ts';

/** A meter's identity in IoT Hub. */
export type HubDevice = AzureStatus['iotHub']['devices'][number];
