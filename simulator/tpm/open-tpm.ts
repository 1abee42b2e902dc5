import { existsSync } from 'node:fs';
import { openDeviceFileTpm, TPM_DEVICE_FILE } from './device-file-tpm.ts';
import { connectTcpTpm } from './tcp-tpm.ts';
import type { TpmConnection } from './tpm-connection.ts';

/** This machine's own, or one in software. */
export type TpmKind = 'device' | 'software';

/** The TPM of this machine where it has one. */
export function preferredTpm(): TpmKind {
  return existsSync(TPM_DEVICE_FILE) ? 'device' : 'software';
}

/**
 * Opens a TPM; the one in software listens on `port`.
 *
 * @throws TpmError TPM_ABSENT
 */
export function openTpm(kind: TpmKind, port: number): Promise<TpmConnection> {
  return kind === 'device' ? openDeviceFileTpm() : connectTcpTpm(port);
}
