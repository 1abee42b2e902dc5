/**
 * What the console shows of each process: its `GET /status`, read once here.
 *
 * Unknown fields are left out, so that a process may say more than the console shows.
 */
import { z } from 'zod';

const Count = z.number();
const Milliseconds = z.number();

export const MeterStatus = z.object({
  id: z.string(),
  connection: z.enum(['gateway', 'direct']),
  state: z.enum(['new', 'installed', 'registered', 'connected', 'transmitting']),
  /** Last reading, degrees Fahrenheit. */
  temp: z.number().nullable(),
  lastTime: z.string().nullable(),
  produced: Count,
  acknowledged: Count,
  error: z.string().nullable(),
  pinnedTemp: z.number().nullable(),
});
export type MeterStatus = z.infer<typeof MeterStatus>;

export const MetersStatus = z.object({
  meters: z.array(MeterStatus),
  produced: Count,
  acknowledged: Count,
  injected: Count,
});
export type MetersStatus = z.infer<typeof MetersStatus>;

export const AzureStatus = z.object({
  iotHub: z.object({
    messagesReceived: Count,
    devices: z.array(
      z.object({
        deviceId: z.string(),
        parent: z.string().nullable(),
        status: z.string(),
        connected: z.boolean(),
        iotEdge: z.boolean(),
        lastActivityMs: Milliseconds.nullable(),
      }),
    ),
  }),
  deviceProvisioning: z.object({
    idScope: z.string(),
    enrollmentGroupId: z.string(),
    enrollmentGroupEnabled: z.boolean().default(true),
    linkedHub: z.string(),
    registrations: z.array(
      z.object({
        registrationId: z.string(),
        deviceId: z.string(),
        assignedHub: z.string(),
        atMs: Milliseconds,
      }),
    ),
  }),
  eventHubs: z.array(
    z.object({
      name: z.string(),
      partitions: z.array(z.object({ id: z.string(), lastSequenceNumber: z.number() })),
      consumerGroups: z.array(z.string()),
    }),
  ),
});
export type AzureStatus = z.infer<typeof AzureStatus>;

export const EdgeHubStatus = z.object({
  clients: z.array(z.object({ id: z.string(), connected: z.boolean() })),
  endpoints: z.array(z.object({ endpoint: z.string(), priority: z.number(), queued: Count })),
  upstream: z.object({ connected: z.boolean(), queued: Count }),
  received: Count,
  delivered: Count,
  redelivered: Count,
});
export type EdgeHubStatus = z.infer<typeof EdgeHubStatus>;

export const EdgeAgentStatus = z.object({
  modules: z.array(
    z.object({
      id: z.string(),
      pid: z.number().nullish(),
      state: z.string(),
      restarts: Count,
      startedAtMs: Milliseconds.nullish(),
    }),
  ),
});
export type EdgeAgentStatus = z.infer<typeof EdgeAgentStatus>;

/** Counters that a module returns from its direct method `status`. */
export const ModuleCounters = z.record(z.string(), z.unknown());
export type ModuleCounters = z.infer<typeof ModuleCounters>;

export const JobStatus = z.object({
  name: z.string(),
  state: z.enum(['starting', 'running', 'stopped', 'failed']),
  eventsIn: Count,
  eventsOut: Count,
  lateEvents: Count,
  outOfOrderEvents: Count,
  droppedEvents: Count,
  conversionErrors: Count,
  inputs: z.array(z.object({ alias: z.string(), backlog: Count.nullable() })),
  outputs: z.array(z.object({ alias: z.string(), events: Count })),
  error: z.string().nullable(),
  lastOutputMs: Milliseconds.nullable(),
});
export type JobStatus = z.infer<typeof JobStatus>;

export const JobsStatus = z.object({ jobs: z.array(JobStatus) });
export type JobsStatus = z.infer<typeof JobsStatus>;

export const FunctionStatus = z.object({
  name: z.string(),
  trigger: z.string(),
  invocations: Count,
  failures: Count,
  /** The newest first. */
  recent: z.array(
    z.object({
      atMs: Milliseconds,
      events: Count,
      ok: z.boolean(),
      durationMs: Milliseconds,
      error: z.string().nullable(),
    }),
  ),
});
export type FunctionStatus = z.infer<typeof FunctionStatus>;

export const FunctionsStatus = z.object({ functions: z.array(FunctionStatus) });
export type FunctionsStatus = z.infer<typeof FunctionsStatus>;

export const LinkStatus = z.object({ up: z.boolean(), sinceMs: Milliseconds });
export type LinkStatus = z.infer<typeof LinkStatus>;
