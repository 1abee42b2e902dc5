/**
 * The SASL mechanisms by which AMQP clients of Device Provisioning prove who they are, in the form
 * in which rhea takes a server's mechanisms.
 *
 * Source: RFC 4616 (PLAIN); TPM: azure-iot-provisioning-device-amqp, `sasl_tpm.js`.
 */
import { parseSasToken } from '../../../wire/sas-token.ts';
import type { DeviceApi, ProvisioningClient } from '../device-api.ts';

/** One client's way through a mechanism; `outcome` ends it. */
export interface SaslMechanism {
  outcome: boolean | undefined;
  /** Returns the next challenge, unless there is an outcome. */
  start(initial: Buffer | undefined): Buffer | undefined;
  step(response: Buffer | undefined): Buffer | undefined;
}

export interface SaslParts {
  readonly idScope: string;
  readonly api: DeviceApi;
  /** Told who the client is, once it has proven it. */
  readonly onProven: (client: ProvisioningClient) => void;
}

/** SASL frames have at most 512 bytes (AMQP 1.0 section 5.3.1); some go to the frame itself. */
const SEGMENT_BYTES = 400;
const MORE_FOLLOWS = 0x80;
const LAST = 0xc0;
/** A challenge of one byte asks for the storage root key. */
const ASK_FOR_STORAGE_ROOT_KEY = Buffer.from([0]);

/** PLAIN: user name `<idScope>/registrations/<registrationId>`, password a SAS token. */
export function plainMechanism({ idScope, api, onProven }: SaslParts): SaslMechanism {
  const mechanism: SaslMechanism = {
    outcome: undefined,
    start: (initial) => {
      const [, username, password] = (initial?.toString('utf8') ?? '').split('\0');
      const client = {
        registrationId: registrationIdOf(username, idScope) ?? '',
        proof: proofOf(password),
      };
      mechanism.outcome = api.authorize(client);
      if (mechanism.outcome) onProven(client);
      return undefined;
    },
    step: () => fail(mechanism),
  };
  return mechanism;
}

/** TPM: endorsement key, storage root key, a wrapped key in segments, a token signed with it. */
export function tpmMechanism({ idScope, api, onProven }: SaslParts): SaslMechanism {
  let registrationId = '';
  let endorsementKey = '';
  let segments: Buffer[] | undefined;
  const mechanism: SaslMechanism = {
    outcome: undefined,
    start: (initial) => {
      const begun = readInitial(initial, idScope);
      if (begun === undefined) return fail(mechanism);
      ({ registrationId, endorsementKey } = begun);
      return ASK_FOR_STORAGE_ROOT_KEY;
    },
    step: (response = Buffer.alloc(0)) => {
      if (segments === undefined) {
        const storageRootKey = response.subarray(1).toString('base64');
        const blob = challenge(api, registrationId, { endorsementKey, storageRootKey });
        if (blob === undefined) return fail(mechanism);
        segments = segmentsOf(blob);
      }
      const next = segments.shift();
      if (next !== undefined) return next;
      const client = { registrationId, proof: proofOf(response.subarray(1).toString('utf8')) };
      mechanism.outcome = api.authorize(client);
      if (mechanism.outcome) onProven(client);
      return undefined;
    },
  };
  return mechanism;
}

/** The registration id in `<idScope>/registrations/<registrationId>`, when it is of this scope. */
export function registrationIdOf(address: string | undefined, idScope: string): string | undefined {
  const [, named, registrationId] = /^([^/]+)\/registrations\/([^/]+)$/.exec(address ?? '') ?? [];
  return named === idScope ? registrationId : undefined;
}

function fail(mechanism: SaslMechanism): undefined {
  mechanism.outcome = false;
}

function proofOf(text: string | undefined): ProvisioningClient['proof'] {
  const token = parseSasToken(text ?? '');
  return token && { kind: 'token', token };
}

/** A key that cannot be read is as good as none: SASL has no word for it. */
function challenge(
  api: DeviceApi,
  registrationId: string,
  keys: { endorsementKey: string; storageRootKey: string },
): Buffer | undefined {
  try {
    return api.challenge(registrationId, keys);
  } catch {
    return undefined;
  }
}

/** `0 idScope 0 registrationId 0 endorsementKey`. */
function readInitial(initial: Buffer | undefined, idScope: string) {
  if (initial?.[0] !== 0) return undefined;
  const afterScope = initial.indexOf(0, 1);
  const afterId = initial.indexOf(0, afterScope + 1);
  if (afterScope === -1 || afterId === -1) return undefined;
  if (initial.toString('utf8', 1, afterScope) !== idScope) return undefined;
  return {
    registrationId: initial.toString('utf8', afterScope + 1, afterId),
    endorsementKey: initial.toString('base64', afterId + 1),
  };
}

/** Each with a control byte: whether it is the last, and its number. */
function segmentsOf(blob: Buffer): Buffer[] {
  const count = Math.ceil(blob.length / SEGMENT_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const control = (index === count - 1 ? LAST : MORE_FOLLOWS) | index;
    const bytes = blob.subarray(index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES);
    return Buffer.concat([Buffer.from([control]), bytes]);
  });
}
