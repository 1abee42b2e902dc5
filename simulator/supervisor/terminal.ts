/**
 * The system as one sees it in a terminal: phases with times, addresses, first results, and an end
 * on Ctrl-C.
 */
import { controlClient } from '../wire/control-api.ts';
import type { LocalSystem } from './system.ts';
import { watchFirstResults } from './first-results.ts';

/** Ctrl-C ends everything within this, milliseconds, whatever happens. */
const STOP_DEADLINE_MS = 8_000;

/** Where a start writes its progress. */
export interface Say {
  readonly phase: (title: string) => void;
  readonly plain: (text: string) => void;
}

/**
 * Starts a system, prints its phases and addresses, and keeps it up until SIGINT or SIGTERM.
 *
 * @param start resolves with the system, or undefined when there is nothing to keep up
 */
export async function runInTerminal(
  start: (say: Say) => Promise<LocalSystem | undefined>,
): Promise<void> {
  const startedAt = performance.now();
  const say: Say = {
    phase: (title) => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6);
      console.log(`${seconds} s  ${title}`);
    },
    plain: (text) => console.log(text),
  };
  const stopAsked = nextStopSignal();
  try {
    const starting = start(say);
    const early = await Promise.race([starting.then(() => undefined), stopAsked]);
    const system = await starting;
    if (system === undefined) return;
    if (early === undefined) {
      printAddresses(system);
      watchFirstResults(controlClient(system.settings, 'console'), system.settings, say.phase);
      await stopAsked;
    }
    await stop(system);
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
  process.exit();
}

function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}

async function stop(system: LocalSystem): Promise<void> {
  console.log('\nStopping.');
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  await system.stop();
  console.log('Stopped; npm start goes on from here, npm start -- --fresh begins anew.');
}

function printAddresses({ settings }: LocalSystem): void {
  const { ports, idScope } = settings;
  const powerBi = settings.powerBi
    ? `\n  Power BI   http://127.0.0.1:${ports.powerBi}    what Stream Analytics pushed, and the limits of the push API`
    : '';
  console.log(`
  Console    http://127.0.0.1:${ports.console}    the building, the gateway, Azure on this machine, the mailbox
  Dashboard  http://127.0.0.1:${ports.dashboard}    averages and anomalies, as in Azure${powerBi}

  Device Provisioning localhost:${ports.deviceProvisioning}, ID scope ${idScope}; IoT Hub localhost:${ports.iotHubMqtt};
  gateway localhost:${ports.edgeHubMqtt}; Event Hubs localhost:${ports.eventHubs}; logs in ${settings.stateFolder}/logs

  Ctrl-C stops everything.
`);
}
