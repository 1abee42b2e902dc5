/** Control APIs with sample data in place of the processes; every call that changes something is kept. */
import { startControlApi, ControlError } from '../../../simulator/wire/control-api.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';

/** An id that would run a script if any page took it for HTML. */
export const HOSTILE_ID = '<img src=x onerror="window.hacked=1">';

export interface SampleSystem {
  /** Calls that change something, such as `meters POST /meters/Meter01/install`. */
  readonly calls: { readonly path: string; readonly body: unknown }[];
  readonly status: Record<string, unknown>;
  stop(): Promise<void>;
}

/** Serves sample data as all local processes, on the ports of `settings`. */
export async function startSampleSystem(settings: Settings): Promise<SampleSystem> {
  const calls: SampleSystem['calls'] = [];
  const status: Record<string, unknown> = sampleStatus(settings);
  const names = ['azure', 'jobs', 'functions', 'link', 'edgeHub', 'edgeAgent', 'meters'] as const;
  const apis = await Promise.all(
    names.map((name) =>
      startControlApi(settings, name, (app) => {
        app.get('/status', async () => status[name]);
        app.get('/enrollment-group/key', async () => ({
          key: settings.secrets.enrollmentGroupKey,
        }));
        app.get('/event-hubs/:hub/peek', async () => ({
          events: [
            {
              partitionId: '0',
              sequenceNumber: 7,
              enqueuedMs: NOW_MS,
              body: { id: HOSTILE_ID, average: 70.4 },
              properties: {},
              systemProperties: {},
            },
          ],
        }));
        app.post('/modules/store-and-forward/methods/status', async () => ({
          status: 200,
          payload: {
            received: 812,
            sent: 790,
            outboxRows: 22,
            outboxBytes: 45_056,
            metricsUri: 'http://127.0.0.1:41234/metrics',
          },
        }));
        app.post('/*', async (request) => {
          if (request.url === '/meters/Meter03/connect') {
            throw new ControlError(409, 'edgeHub refused Meter03: it is not a child of gateway-01');
          }
          if (!request.url.endsWith('/methods/status'))
            calls.push({ path: `${name} ${request.url}`, body: request.body });
          return {};
        });
      }),
    ),
  );
  return {
    calls,
    status,
    stop: async () => {
      await Promise.all(apis.map((api) => api.stop()));
    },
  };
}

const STATES = ['new', 'installed', 'registered', 'connected'];
const NOW_MS = Date.parse('2026-11-22T18:05:10Z');

function sampleStatus(settings: Settings) {
  return {
    meters: sampleMeters(),
    azure: sampleAzure(settings),
    jobs: {
      jobs: ['hot-path', 'cold-path', 'alerts'].map((name, index) => ({
        name,
        state: index === 2 ? 'stopped' : 'running',
        eventsIn: 13_000 + index,
        eventsOut: 520 * (index + 1),
        lateEvents: 2,
        outOfOrderEvents: 1,
        droppedEvents: 0,
        conversionErrors: 0,
        inputs: [{ alias: 'gateway', backlog: 12 }],
        outputs: [{ alias: 'hub', events: 520 * (index + 1) }],
        error: null,
        lastOutputMs: NOW_MS,
      })),
    },
    functions: {
      functions: [
        {
          name: 'collect',
          trigger: 'eventHubTrigger',
          invocations: 4,
          failures: 1,
          recent: [
            { atMs: NOW_MS, events: 3, ok: true, durationMs: 41, error: null },
            { atMs: NOW_MS, events: 1, ok: false, durationMs: 7, error: 'no mail server' },
          ],
        },
      ],
    },
    link: { up: true, sinceMs: NOW_MS },
    edgeHub: {
      clients: [
        { id: 'Meter01', connected: true },
        { id: `${settings.gatewayDeviceId}/averager`, connected: true },
        { id: HOSTILE_ID, connected: false },
      ],
      endpoints: [
        { endpoint: 'averager/readings', priority: 2, queued: 0 },
        { endpoint: '$upstream', priority: 0, queued: 14 },
      ],
      upstream: { connected: true, queued: 14 },
      received: 13_412,
      delivered: 40_100,
      redelivered: 3,
    },
    edgeAgent: {
      modules: ['averager', 'anomaly-detector', 'store-and-forward', 'meter-simulator'].map(
        (id, index) => ({
          id,
          pid: 4_000 + index,
          state: index === 3 ? 'backoff' : 'running',
          restarts: index,
          startedAtMs: NOW_MS,
        }),
      ),
    },
  };
}

function sampleMeters() {
  const meters = Array.from({ length: 10 }, (_, index) => {
    const state = STATES[index] ?? 'transmitting';
    return {
      id: index === 9 ? HOSTILE_ID : `Meter${String(index + 1).padStart(2, '0')}`,
      connection: index >= 8 ? 'direct' : 'gateway',
      state,
      temp: state === 'transmitting' ? 65.2 + index * 1.05 : null,
      lastTime: state === 'transmitting' ? '2026-11-22T18:05:00Z' : null,
      produced: 720 + index,
      acknowledged: 719 + index,
      error: index === 2 ? 'edgeHub refused the connection: not a child of gateway-01' : null,
      pinnedTemp: index === 5 ? 71 : null,
    };
  });
  return { meters, produced: 7_245, acknowledged: 7_235, injected: 4, planDone: false };
}

function sampleAzure(settings: Settings) {
  const devices = ['Meter03', 'Meter05', HOSTILE_ID].map((deviceId) => ({
    deviceId,
    parent: deviceId === 'Meter05' ? settings.gatewayDeviceId : null,
    status: 'enabled',
    connected: deviceId === HOSTILE_ID,
    iotEdge: false,
    lastActivityMs: NOW_MS,
  }));
  return {
    iotHub: {
      messagesReceived: 7_235,
      devices: [
        {
          deviceId: settings.gatewayDeviceId,
          parent: null,
          status: 'enabled',
          connected: true,
          iotEdge: true,
          lastActivityMs: NOW_MS,
        },
        ...devices,
      ],
    },
    deviceProvisioning: {
      idScope: settings.idScope,
      enrollmentGroupId: settings.enrollmentGroupId,
      linkedHub: settings.iotHubHostName,
      registrations: devices.map(({ deviceId }) => ({
        registrationId: deviceId,
        deviceId,
        assignedHub: settings.iotHubHostName,
        atMs: NOW_MS,
      })),
    },
    eventHubs: [
      {
        name: 'hot-path',
        partitions: [
          { id: '0', lastSequenceNumber: 411 },
          { id: '1', lastSequenceNumber: 390 },
        ],
        consumerGroups: ['$Default', 'dashboard'],
      },
    ],
  };
}
