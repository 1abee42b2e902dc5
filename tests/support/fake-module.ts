/** A module in this process: real SQLite in a temporary folder, fake edgeHub, time by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { ModuleEnvironment } from '../../modules/shared/src/env.ts';
import { createLogger } from '../../modules/shared/src/logger.ts';
import type {
  ModuleContext,
  ModuleDefinition,
} from '../../modules/shared/src/module-definition.ts';
import { startModule, type StartedModule } from '../../modules/shared/src/run-module.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEdgeClient } from './fake-edge-client.ts';

export class FakeModule<Shape extends z.ZodRawShape> {
  readonly folder = mkdtempSync(join(tmpdir(), 'module-'));
  clock: FakeClock;
  /** Why it stopped by itself, each time. */
  readonly failures: unknown[] = [];
  client = new FakeEdgeClient();
  readonly #definition: ModuleDefinition<Shape>;
  readonly #environment: Partial<ModuleEnvironment>;
  #running: StartedModule | undefined;

  /** @param environment what the module finds in its environment besides its identity */
  constructor(
    definition: ModuleDefinition<Shape>,
    environment: Partial<ModuleEnvironment> = {},
    clock: FakeClock = new FakeClock(),
  ) {
    this.clock = clock;
    this.#definition = definition;
    this.#environment = environment;
    this.#start();
  }

  /** Path of its database. */
  get databasePath(): string {
    return join(this.folder, this.#definition.databaseName);
  }

  get running(): StartedModule {
    if (this.#running === undefined) throw new Error('the module has not started');
    return this.#running;
  }

  status(): Record<string, unknown> {
    return this.client.invoke('status').payload as Record<string, unknown>;
  }

  /** Stops and starts again on the same folder, with a new connection. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    await this.#running?.stop();
    meanwhile();
    this.client = new FakeEdgeClient();
    this.#start();
  }

  async end(): Promise<void> {
    await this.#running?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(): void {
    this.#running = startModule(this.#definition, this.#context(), (error) =>
      this.failures.push(error),
    );
  }

  #context(): ModuleContext {
    return {
      environment: {
        deviceId: 'gateway-01',
        moduleId: 'module-01',
        iotHubHostName: 'lab-hub.azure-devices.net',
        metrics: undefined,
        logLevel: 'silent',
        stateFolder: this.folder,
        edgeHubMetricsUri: undefined,
        heartbeatFile: undefined,
        ...this.#environment,
      },
      client: this.client,
      clock: this.clock,
      log: createLogger('module-01', 'silent'),
    };
  }
}
