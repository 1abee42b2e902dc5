import { z } from 'zod';
import {
  controlClient,
  type ControlClient,
  type ControlledProcess,
} from '../../wire/control-api.ts';
import type { Settings } from '../../wire/settings.ts';
import type { Section } from '../core/section.ts';
import type { Setup, SystemStatus } from '../core/system-status.ts';
import type { MailSource } from './mail-source.ts';
import {
  AzureStatus,
  EdgeAgentStatus,
  EdgeHubStatus,
  FunctionsStatus,
  JobsStatus,
  LinkStatus,
  MetersStatus,
  ModuleCounters,
} from './status-schemas.ts';

const MethodAnswer = z.object({ payload: ModuleCounters });

/** Asks all local processes how they are. */
export class StatusCollector {
  readonly #settings: Settings;
  readonly #mails: MailSource;

  constructor(settings: Settings, mails: MailSource) {
    this.#settings = settings;
    this.#mails = mails;
  }

  /** The whole status; a process that does not answer has its reason in place of a value. */
  async collect(): Promise<SystemStatus> {
    const [meters, azure, jobs, functions, link, edgeHub, edgeAgent, mails] = await Promise.all([
      this.#ask('meters', MetersStatus),
      this.#ask('azure', AzureStatus),
      this.#ask('jobs', JobsStatus),
      this.#ask('functions', FunctionsStatus),
      this.#ask('link', LinkStatus),
      this.#ask('edgeHub', EdgeHubStatus),
      this.#ask('edgeAgent', EdgeAgentStatus),
      section(async () => this.#mails.list()),
    ]);
    const ids = edgeAgent.ok ? edgeAgent.value.modules.map(({ id }) => id) : [];
    const modules = await section(() => this.#askModules(ids));
    const setup = { ok: true, value: this.#setup() } as const;
    return { setup, meters, azure, jobs, functions, link, edgeHub, edgeAgent, modules, mails };
  }

  #setup(): Setup {
    const { meters, gatewayDeviceId, iotHubHostName, ports } = this.#settings;
    return {
      manual: meters.manual,
      gatewayDeviceId,
      iotHubHostName,
      dashboardUrl: `http://127.0.0.1:${ports.dashboard}/`,
    };
  }

  #ask<T>(name: ControlledProcess, schema: z.ZodType<T>): Promise<Section<T>> {
    return section(async () => read(name, schema, await this.#client(name).get('/status')));
  }

  async #askModules(ids: readonly string[]): Promise<Record<string, ModuleCounters>> {
    const edgeHub = this.#client('edgeHub');
    const answers = await Promise.all(
      ids.map(async (id): Promise<[string, ModuleCounters][]> => {
        const path = `/modules/${encodeURIComponent(id)}/methods/status`;
        const answer = await edgeHub.post(path, {}).catch(() => undefined);
        const parsed = MethodAnswer.safeParse(answer);
        return parsed.success ? [[id, parsed.data.payload]] : [];
      }),
    );
    return Object.fromEntries(answers.flat());
  }

  #client(name: ControlledProcess): ControlClient {
    return controlClient(this.#settings, name);
  }
}

function read<T>(name: string, schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Error(`${name} answered something unexpected: ${z.prettifyError(parsed.error)}`);
}

async function section<T>(get: () => Promise<T>): Promise<Section<T>> {
  try {
    return { ok: true, value: await get() };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
