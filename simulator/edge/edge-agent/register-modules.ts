/** Tells IoT Hub the identities of this gateway's modules, as edgeAgent does. */
import { z } from 'zod';
import type { Logger } from '../../wire/logger.ts';
import { callIotHub, type IotHubRestOptions } from '../iot-hub-rest.ts';
import type { ModuleIdentities } from './module-identities.ts';

const CONFLICT = 409;
const Refusal = z.object({ Message: z.string() });

/** Registers each module with its key, or gives an existing identity that key. @throws Error */
export async function registerModules(
  hub: IotHubRestOptions,
  identities: ModuleIdentities,
  moduleIds: readonly string[],
): Promise<void> {
  for (const moduleId of moduleIds) {
    const identity = identities.get(moduleId);
    if (identity !== undefined) await register(hub, moduleId, identity.key);
  }
}

async function register(hub: IotHubRestOptions, moduleId: string, key: string): Promise<void> {
  const { deviceId } = hub.identity;
  const path = `/devices/${encodeURIComponent(deviceId)}/modules/${encodeURIComponent(moduleId)}`;
  const symmetricKey = { primaryKey: key, secondaryKey: key };
  const body = {
    deviceId,
    moduleId,
    managedBy: 'IotEdge',
    authentication: { type: 'sas', symmetricKey },
  };
  let answer = await callIotHub(hub, { method: 'PUT', path, body });
  if (answer.status === CONFLICT) {
    answer = await callIotHub(hub, { method: 'PUT', path, body, headers: { 'if-match': '"*"' } });
  }
  if (answer.status < 300) return;
  const refusal = Refusal.safeParse(answer.body);
  const reason = refusal.success ? `: ${refusal.data.Message}` : '';
  throw new Error(`IoT Hub refused the identity of ${moduleId} with ${answer.status}${reason}`);
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Repeats a failed `attempt` until it succeeds or `signal` is aborted; never rejects. */
export async function retryUntilDone(
  attempt: () => Promise<void>,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<void> {
  for (
    let delayMs = FIRST_RETRY_MS;
    !signal.aborted;
    delayMs = Math.min(delayMs * 2, LONGEST_RETRY_MS)
  ) {
    await abortableDelay(delayMs, signal);
    if (signal.aborted) return;
    try {
      await attempt();
      return;
    } catch (error) {
      log.info({ err: error }, 'will be tried again');
    }
  }
}

function abortableDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
