import { open } from 'node:fs/promises';
import { oneAtATime, TpmError, type TpmConnection } from './tpm-connection.ts';

/** The kernel's resource manager for the TPM of this machine. */
export const TPM_DEVICE_FILE = '/dev/tpmrm0';

const MAX_RESPONSE_BYTES = 4_096;

/**
 * Opens the TPM of this machine; a command is one write, its response one read.
 *
 * Source: Documentation/security/tpm/tpm_vtpm_proxy.rst and tpm(4) of the Linux kernel.
 *
 * @throws TpmError TPM_ABSENT when it may not be opened
 */
export async function openDeviceFileTpm(path: string = TPM_DEVICE_FILE): Promise<TpmConnection> {
  const file = await open(path, 'r+').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = 'Users of a TPM belong to its group: sudo usermod -aG tss $USER';
    throw new TpmError('TPM_ABSENT', `${path} cannot be opened: ${reason}. ${remedy}`, {
      cause: error,
    });
  });
  const exchange = async (bytes: Buffer): Promise<Buffer> => {
    try {
      await file.write(bytes, 0, bytes.length, null);
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(MAX_RESPONSE_BYTES),
        0,
        null,
        null,
      );
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw new TpmError('TPM_LOST', `The TPM at ${path} does not answer.`, { cause: error });
    }
  };
  const inTurn = oneAtATime();
  return { command: (bytes) => inTurn(() => exchange(bytes)), close: () => file.close() };
}
