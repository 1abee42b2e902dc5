import { existsSync } from 'node:fs';
import { openDeviceFileTpm, TPM_DEVICE_FILE } from './device-file-tpm.ts';
import { connectTcpTpm } from './tcp-tpm.ts';
import type { TpmConnection } from './tpm-connection.ts';

/** Whether this machine has a TPM of its own. */
export function hasTpmDevice(): boolean {
  return existsSync(TPM_DEVICE_FILE);
}

/**
 * The TPM of this machine, or else the one in software that listens on `port`.
 *
 * @throws TpmError TPM_ABSENT
 */
export function openTpm(port: number): Promise<TpmConnection> {
  return hasTpmDevice() ? openDeviceFileTpm() : connectTcpTpm(port);
}
