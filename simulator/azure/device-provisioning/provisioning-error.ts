/** Refusals of Device Provisioning, with the codes and statuses of the service. */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../wire/twin-document.ts';

/**
 * The first three digits are the HTTP status. 401002, 404201 and 404202 were seen in answers of the
 * service (MicrosoftDocs/azure-docs#43157, #57082); the last digits of the others are ours.
 */
const CODES = {
  badRequest: 400_000,
  unauthorized: 401_002,
  scopeNotFound: 404_001,
  enrollmentNotFound: 404_201,
  registrationNotFound: 404_202,
  enrollmentExists: 409_201,
  etagMismatch: 412_001,
  internal: 500_000,
  notSupported: 501_000,
} as const;

export type ProvisioningErrorCode = keyof typeof CODES;

/** What a caller asked for is refused. */
export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError';
  readonly code: ProvisioningErrorCode;

  constructor(code: ProvisioningErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** HTTP status. */
  get status(): number {
    return Math.floor(CODES[this.code] / 1_000);
  }

  /** The body of the answer. */
  document(): JsonObject {
    return {
      errorCode: CODES[this.code],
      trackingId: randomUUID(),
      message: this.message,
      timestampUtc: new Date().toISOString(),
    };
  }
}
