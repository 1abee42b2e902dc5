/** The adapter over Microsoft's SDK in this process, as a module has it in its own. */
import { pino, type Logger } from 'pino';
import { systemClock, type Clock } from '../../modules/shared/src/clock.ts';
import type {
  DesiredProperties,
  EdgeClient,
  InputMessage,
} from '../../modules/shared/src/edge-client.ts';
import { createIotEdgeClient } from '../../modules/shared/src/iot-edge-client.ts';

/** A started client, and what it handed over. */
export interface StartedClient {
  readonly client: EdgeClient;
  readonly inputs: InputMessage[];
  readonly desired: DesiredProperties[];
  readonly log: Record<string, unknown>[];
  /** How often a connection stood. */
  connects: number;
  stop(): Promise<void>;
}

/** Starts a client in an environment that the SDK finds in this process. */
export async function startClient(
  environment: Readonly<Record<string, string>>,
  clock: Clock = systemClock,
): Promise<StartedClient> {
  const log: Record<string, unknown>[] = [];
  const logger: Logger = pino(
    { level: 'info' },
    { write: (line: string) => log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  Object.assign(process.env, environment);
  const client = await createIotEdgeClient(clock, logger);
  const started: StartedClient = {
    client,
    inputs: [],
    desired: [],
    log,
    connects: 0,
    stop: async () => {
      await client.close();
      for (const name of Object.keys(environment)) delete process.env[name];
    },
  };
  client.start({
    input: (message) => started.inputs.push(message),
    desired: (document) => started.desired.push(document),
    connected: () => (started.connects += 1),
    methods: { echo: (payload) => ({ status: 200, payload }) },
  });
  return started;
}
