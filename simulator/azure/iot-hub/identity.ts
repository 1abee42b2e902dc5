/** Identities of devices and modules and their twins, as the hub keeps them. */
import { randomBytes } from 'node:crypto';
import type { IdentityName } from '../../wire/identity-name.ts';
import type { JsonObject, TwinSection } from '../../wire/twin-document.ts';

/** How a device proves who it is: by a key, or by a certificate. */
export type AuthenticationType = 'sas' | 'selfSigned' | 'certificateAuthority';

export interface Identity extends IdentityName {
  /** Changes when an identity is deleted and made again. */
  readonly generationId: string;
  readonly etag: string;
  /** Base64. */
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly authentication: AuthenticationType;
  /** Of a self-signed certificate, SHA-1 or SHA-256, hexadecimal. */
  readonly primaryThumbprint: string | null;
  readonly secondaryThumbprint: string | null;
  readonly enabled: boolean;
  readonly statusReason: string | null;
  readonly statusUpdatedMs: number;
  readonly iotEdge: boolean;
  /** Security scope of an IoT Edge device, `ms-azure-iot-edge://…`; null for others. */
  readonly scope: string | null;
  /** Device id of the gateway that this device is a child of. */
  readonly parent: string | null;
  /** Who looks after a module, e.g. `IotEdge`. */
  readonly managedBy: string | null;
}

/** The twin of one identity. */
export interface Twin {
  readonly desired: TwinSection;
  readonly reported: TwinSection;
  readonly tags: JsonObject;
  readonly etag: string;
  /** Grows with every change of any part. */
  readonly version: number;
}

/** What may be chosen when an identity is made or changed; the rest gets a default. */
export interface IdentityFields {
  readonly primaryKey?: string | undefined;
  readonly secondaryKey?: string | undefined;
  readonly authentication?: AuthenticationType | undefined;
  readonly primaryThumbprint?: string | null | undefined;
  readonly secondaryThumbprint?: string | null | undefined;
  readonly enabled?: boolean | undefined;
  readonly statusReason?: string | null | undefined;
  readonly iotEdge?: boolean | undefined;
  readonly parent?: string | null | undefined;
  readonly managedBy?: string | null | undefined;
}

/** Module identities that every IoT Edge device has from the beginning. */
export const EDGE_SYSTEM_MODULES = ['$edgeAgent', '$edgeHub'];

/** Makes an identity with fresh keys where none are given. */
export function newIdentity(name: IdentityName, fields: IdentityFields, now: Date): Identity {
  const generationId = `${now.getTime()}${randomBytes(2).readUInt16BE()}`;
  const iotEdge = fields.iotEdge ?? false;
  return {
    ...name,
    generationId,
    etag: newEtag(),
    primaryKey: fields.primaryKey || newKey(),
    secondaryKey: fields.secondaryKey || newKey(),
    authentication: fields.authentication ?? 'sas',
    primaryThumbprint: fields.primaryThumbprint ?? null,
    secondaryThumbprint: fields.secondaryThumbprint ?? null,
    enabled: fields.enabled ?? true,
    statusReason: fields.statusReason ?? null,
    statusUpdatedMs: now.getTime(),
    iotEdge,
    scope: iotEdge ? `ms-azure-iot-edge://${name.deviceId}-${generationId}` : null,
    parent: fields.parent ?? null,
    managedBy: fields.managedBy ?? null,
  };
}

/** A value that changes with every change of what it stands for. */
export function newEtag(): string {
  return randomBytes(6).toString('base64');
}

function newKey(): string {
  return randomBytes(32).toString('base64');
}
