/** The TPM in software of the local system, shared on the port of the settings. */
import { join } from 'node:path';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { startResourceManager } from './resource-manager.ts';
import { startSwtpm } from './swtpm.ts';

/**
 * Starts it; its state is in `<stateFolder>/tpm/`.
 *
 * @param onLost told when it ended without having been asked to
 * @throws TpmError when swtpm is not installed
 */
export async function startSoftwareTpm(
  { settings, log }: LocalProcessContext,
  onLost: () => void,
): Promise<RunningService> {
  const tpm = await startSwtpm(join(settings.stateFolder, 'tpm'));
  const manager = await startResourceManager({ tpm, port: settings.ports.tpm, log });
  let stopping = false;
  void tpm.ended.then(() => {
    if (!stopping) onLost();
  });
  return {
    stop: async () => {
      stopping = true;
      await manager.stop();
      await tpm.close();
    },
  };
}
