/**
 * What a device may ask of Device Provisioning, whatever protocol it speaks: to be registered, and
 * what has become of that.
 *
 * Source: learn.microsoft.com/rest/api/iot-dps/device/runtime-registration, api-version 2019-03-31.
 */
import { z } from 'zod';
import type { Logger } from '../../wire/logger.ts';
import { parseJsonObject, type JsonObject } from '../../wire/twin-document.ts';
import type { Proof } from './attestation.ts';
import type { Registration } from './enrollment.ts';
import type { Provisioner } from './provisioner.ts';
import { ProvisioningError } from './provisioning-error.ts';
import { registrationDocument } from './registration-document.ts';
import { readStorageKey, UnusableTpmKeyError } from './tpm/storage-key.ts';

/** Who asks; without a proof it can only be a TPM that wants to be asked for one. */
export interface ProvisioningClient {
  readonly registrationId: string;
  readonly proof: Proof | undefined;
}

export interface DeviceResponse {
  /** HTTP status. */
  readonly status: number;
  readonly body: JsonObject;
  readonly retryAfterSeconds?: number;
}

/** The keys of a TPM as they travel: TPM2B_PUBLIC, base64. */
export interface TpmKeyTexts {
  readonly endorsementKey: string;
  readonly storageRootKey: string;
}

export interface DeviceApiParts {
  readonly provisioner: Provisioner;
  /** How long the client is to wait before it asks what became of its registration. */
  readonly retryAfterSeconds: number;
  readonly log: Logger;
}

const TpmBody = z.object({ endorsementKey: z.base64(), storageRootKey: z.base64() });

export class DeviceApi {
  readonly #parts: DeviceApiParts;

  constructor(parts: DeviceApiParts) {
    this.#parts = parts;
  }

  /** Whether the client is who it says; the reason of a refusal goes to the log. */
  authorize({ registrationId, proof }: ProvisioningClient): boolean {
    if (proof === undefined) return false;
    const result = this.#parts.provisioner.authorize(registrationId, proof);
    if (!result.authorized) this.#refused(registrationId, result.reason);
    return result.authorized;
  }

  /** What only the TPM of the enrollment can unwrap; undefined when there is no such enrollment. */
  challenge(registrationId: string, keys: TpmKeyTexts): Buffer | undefined {
    const read = (text: string) => readStorageKey(Buffer.from(text, 'base64'));
    try {
      const blob = this.#parts.provisioner.challenge(registrationId, keys.endorsementKey, () => ({
        endorsementKey: read(keys.endorsementKey),
        storageRootKey: read(keys.storageRootKey),
      }));
      if (blob === undefined) this.#refused(registrationId, 'no enrollment for this TPM');
      return blob;
    } catch (error) {
      if (!(error instanceof UnusableTpmKeyError)) throw error;
      throw new ProvisioningError('badRequest', `The TPM's key is not usable: ${error.message}.`);
    }
  }

  /** Registers the client. */
  async register(
    { registrationId, proof }: ProvisioningClient,
    text: string,
  ): Promise<DeviceResponse> {
    const body = parseJsonObject(text);
    if (body?.['registrationId'] !== registrationId) {
      const message = 'The registration id is not that of the connection.';
      return refusal(new ProvisioningError('badRequest', message));
    }
    if (proof === undefined) return this.#answerTpm(registrationId, body);
    const result = this.#parts.provisioner.authorize(registrationId, proof);
    if (!result.authorized) {
      this.#refused(registrationId, result.reason);
      return refusal(unauthorized(proof));
    }
    const { provisioner, retryAfterSeconds } = this.#parts;
    const { operationId } = await provisioner.register(registrationId, result.enrollment, proof);
    return { status: 202, body: { operationId, status: 'assigning' }, retryAfterSeconds };
  }

  /** What became of a registration. */
  status({ registrationId, proof }: ProvisioningClient, operationId: string): DeviceResponse {
    if (proof === undefined || !this.authorize({ registrationId, proof })) {
      return refusal(unauthorized(proof));
    }
    const registration = this.#parts.provisioner.find(registrationId, operationId);
    if (registration === undefined) {
      const message = 'The operation does not exist.';
      return refusal(new ProvisioningError('registrationNotFound', message));
    }
    const { status } = registration;
    const registrationState = this.#state(registration);
    return { status: 200, body: { operationId, status, registrationState } };
  }

  #state(registration: Registration): JsonObject {
    const document = registrationDocument(registration);
    if (registration.attestation !== 'tpm' || registration.status !== 'assigned') return document;
    const authenticationKey = this.#parts.provisioner.wrappedDeviceKey(registration);
    if (authenticationKey === undefined) return document;
    return { ...document, tpm: { authenticationKey: authenticationKey.toString('base64') } };
  }

  /** 401 with the challenge is how a TPM's first request is answered. */
  #answerTpm(registrationId: string, body: JsonObject): DeviceResponse {
    const keys = TpmBody.safeParse(body['tpm']);
    const blob = keys.success ? this.challenge(registrationId, keys.data) : undefined;
    if (blob === undefined) return refusal(unauthorized(undefined));
    const authenticationKey = blob.toString('base64');
    const message = 'Authorization required.';
    return { status: 401, body: { message, authenticationKey, keyName: 'registration' } };
  }

  #refused(registrationId: string, reason: string): void {
    this.#parts.log.warn({ registrationId, reason }, 'registration refused');
  }
}

/** An answer that refuses. */
export function refusal(error: ProvisioningError): DeviceResponse {
  return { status: error.status, body: error.document() };
}

function unauthorized(proof: Proof | undefined): ProvisioningError {
  const message = proof?.kind === 'certificate' ? 'Invalid certificate.' : 'Unauthorized';
  return new ProvisioningError('unauthorized', message);
}
