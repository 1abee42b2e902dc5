/** What the running system says of itself, as far as the proof needs it. */
import { z } from 'zod';
import { controlClient, type ControlledProcess } from '../wire/control-api.ts';
import type { Settings } from '../wire/settings.ts';
import type { ObservedMail } from './oracle/observed.ts';
import { waitUntil } from './wait-until.ts';

const MetersStatus = z.object({
  produced: z.number(),
  acknowledged: z.number(),
  planDone: z.boolean(),
});

const EdgeHubStatus = z.object({
  clients: z.array(z.object({ id: z.string(), connected: z.boolean() })),
  endpoints: z.array(z.object({ endpoint: z.string(), queued: z.number() })),
  upstream: z.object({ connected: z.boolean(), queued: z.number() }),
  received: z.number(),
  delivered: z.number(),
  redelivered: z.number(),
});
export type EdgeHubStatus = z.infer<typeof EdgeHubStatus>;

const RunningModule = z.object({
  id: z.string(),
  pid: z.number().nullable(),
  state: z.string(),
});
const EdgeAgentStatus = z.object({ modules: z.array(RunningModule) });

/** Counters of a module, as its direct method `status` gives them. */
const ModuleStatus = z.object({
  received: z.number(),
  repeats: z.number(),
  late: z.number(),
  quarantined: z.number(),
  sent: z.number(),
  resent: z.number(),
  outboxRows: z.number(),
  /** Of store-and-forward: readings taken in and not yet handed over. */
  backlogReadings: z.number().default(0),
});
export type ModuleStatus = z.infer<typeof ModuleStatus>;
const MethodAnswer = z.object({ payload: ModuleStatus });

const JobsStatus = z.object({
  jobs: z.array(
    z.object({
      name: z.string(),
      eventsIn: z.number(),
      eventsOut: z.number(),
      error: z.string().nullable(),
      inputs: z.array(z.object({ backlog: z.number().nullable() })),
    }),
  ),
});
export type JobsStatus = z.infer<typeof JobsStatus>;

const AzureStatus = z.object({
  eventHubs: z.array(
    z.object({
      name: z.string(),
      partitions: z.array(z.object({ id: z.string(), lastSequenceNumber: z.number() })),
    }),
  ),
});
export type EventHubsStatus = z.infer<typeof AzureStatus>['eventHubs'];

const ModuleTwin = z.object({ reported: z.record(z.string(), z.unknown()) });
const ReportedProperty = z.object({ value: z.unknown() });

/** For a module to take a new configuration. */
const CONFIGURE_PATIENCE_MS = 30_000;

const Mails = z.array(z.object({ id: z.string(), copies: z.number() }));
const MailHeaders = z.object({
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
});
/** `X-Anomalies`: how many, and the sum of their fingerprints. */
const ANOMALIES = /^(\d+) ([0-9a-f]{12})$/;

export class SystemWatch {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  meters() {
    return this.#ask('meters', MetersStatus);
  }

  edgeHub(): Promise<EdgeHubStatus> {
    return this.#ask('edgeHub', EdgeHubStatus);
  }

  jobs(): Promise<JobsStatus> {
    return this.#ask('jobs', JobsStatus);
  }

  async eventHubs(): Promise<EventHubsStatus> {
    return (await this.#ask('azure', AzureStatus)).eventHubs;
  }

  async mailCount(): Promise<number> {
    return Mails.parse(await this.#client('console').get('/mails')).length;
  }

  /** What every mail says of itself. @throws Error naming a mail that is none of the Function's */
  async mails(): Promise<ObservedMail[]> {
    const mails = Mails.parse(await this.#client('console').get('/mails'));
    return Promise.all(
      mails.map(async ({ id, copies }) => {
        const content = MailHeaders.parse(await this.#client('console').get(`/mails/${id}`));
        return { ...observedMail(id, content.headers), copies };
      }),
    );
  }

  /** In a paced plan: so many readings of all meters together may be made by now. */
  allowReadings(readings: number): Promise<unknown> {
    return this.#client('meters').post('/allow', { readings });
  }

  /** Lets a module stay down when it ends. @returns its process id if it runs */
  async holdModule(id: string): Promise<number | undefined> {
    const answer = await this.#client('edgeAgent').post(`/modules/${id}/hold`);
    return RunningModule.parse(answer).pid ?? undefined;
  }

  /** Starts a module that was held, if it has ended. */
  async releaseModule(id: string): Promise<void> {
    await this.#client('edgeAgent').post(`/modules/${id}/release`);
  }

  /** Process ids of the modules that run. */
  async modulePids(): Promise<ReadonlyMap<string, number>> {
    const { modules } = await this.#ask('edgeAgent', EdgeAgentStatus);
    return new Map(modules.flatMap(({ id, pid }) => (pid === null ? [] : [[id, pid]])));
  }

  /** @throws ControlError while the module is not connected */
  async module(id: string): Promise<ModuleStatus> {
    const path = `/modules/${id}/methods/status`;
    return MethodAnswer.parse(await this.#client('edgeHub').post(path, {})).payload;
  }

  cutLink(): Promise<unknown> {
    return this.#client('link').post('/cut');
  }

  mendLink(): Promise<unknown> {
    return this.#client('link').post('/mend');
  }

  /** Changes a module's desired properties, as one does in the portal. */
  setDesired(moduleId: string, patch: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#client('azure').post(`${this.#twinPath(moduleId)}/desired`, patch);
  }

  /** Changes a desired property and resolves when the module reports that it works with it. */
  async configure(moduleId: string, property: string, value: number): Promise<void> {
    await this.setDesired(moduleId, { [property]: value });
    const isApplied = async () => {
      const twin = ModuleTwin.parse(await this.#client('azure').get(this.#twinPath(moduleId)));
      return ReportedProperty.parse(twin.reported[property]).value === value || undefined;
    };
    const what = `${property} ${value} reported by ${moduleId}`;
    await waitUntil(isApplied, { what, patienceMs: CONFIGURE_PATIENCE_MS, everyMs: 50 });
  }

  #twinPath(moduleId: string): string {
    return `/devices/${this.#settings.gatewayDeviceId}/modules/${moduleId}/twin`;
  }

  async #ask<T>(name: ControlledProcess, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await this.#client(name).get('/status'));
  }

  #client(name: ControlledProcess) {
    return controlClient(this.#settings, name);
  }
}

function observedMail(
  id: string,
  headers: readonly { readonly name: string; readonly value: string }[],
): Omit<ObservedMail, 'copies'> {
  const values = new Map(headers.map(({ name, value }) => [name.toLowerCase(), value]));
  const [, count, fingerprint] = ANOMALIES.exec(values.get('x-anomalies') ?? '') ?? [];
  if (count === undefined || fingerprint === undefined) {
    throw new Error(`the mail ${id} does not say what it tells of: no X-Anomalies`);
  }
  return {
    messageId: values.get('message-id') ?? id,
    ofDirectMeters: values.get('x-incident')?.startsWith('direct/') ?? false,
    count: Number(count),
    fingerprint: Number.parseInt(fingerprint, 16),
  };
}
