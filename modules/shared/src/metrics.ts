/**
 * The figures of a module for Prometheus, and so for IoT Edge's metrics collector.
 *
 * Every metric has the labels that the collector's documentation asks for. Names and meanings:
 * modules/shared/README.md; a test holds that table and this file together.
 *
 * Source: learn.microsoft.com/azure/iot-edge/how-to-add-custom-metrics.
 */
import { randomUUID } from 'node:crypto';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Figures } from './figures.ts';
import { VERSION } from './version.ts';

/** Who tells the figures. */
export interface MetricLabels {
  readonly iotHubHostName: string;
  readonly deviceId: string;
  readonly moduleId: string;
}

/** A figure of the module under its name for Prometheus. */
interface Metric {
  readonly name: string;
  readonly figure: Exclude<keyof Figures, 'version' | 'startedAt'>;
  readonly help: string;
}

type Named = Pick<Metric, 'name' | 'help'>;

/** A figure of the process, as Prometheus' own libraries call it. */
interface ProcessMetric {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

const COUNTERS: readonly Metric[] = [
  {
    name: 'iot_readings_in_total',
    figure: 'received',
    help: 'Readings and results that came in, repeats included.',
  },
  {
    name: 'iot_readings_out_total',
    figure: 'delivered',
    help: 'Readings and results that edgeHub acknowledged.',
  },
  {
    name: 'iot_readings_repeated_total',
    figure: 'repeats',
    help: 'Readings and results that had come in before.',
  },
  {
    name: 'iot_readings_late_total',
    figure: 'late',
    help: 'Readings that came after their place in the order was given up.',
  },
  {
    name: 'iot_readings_refused_total',
    figure: 'refused',
    help: 'Readings that a leaf device sent in the name of another.',
  },
  {
    name: 'iot_readings_quarantined_total',
    figure: 'quarantined',
    help: 'Entries put into quarantine, refusals included.',
  },
  {
    name: 'iot_readings_lost_total',
    figure: 'lost',
    help: 'Readings and results that did not get through; each is told upstream as ledger.',
  },
  {
    name: 'iot_messages_out_total',
    figure: 'sent',
    help: 'Messages that edgeHub acknowledged.',
  },
  {
    name: 'iot_messages_resent_total',
    figure: 'resent',
    help: 'Sends that ended without acknowledgement and were repeated.',
  },
  {
    name: 'iot_restarts_total',
    figure: 'restarts',
    help: 'Starts of the module since its database was made, the first one apart.',
  },
  {
    name: 'iot_clock_steps_total',
    figure: 'clockSteps',
    help: 'How often the clock of the gateway was set.',
  },
];

const GAUGES: readonly Metric[] = [
  {
    name: 'iot_connected',
    figure: 'connected',
    help: '1 while the module is connected to edgeHub.',
  },
  {
    name: 'iot_backlog_rows',
    figure: 'backlogRows',
    help: 'Messages that wait to be sent.',
  },
  {
    name: 'iot_backlog_bytes',
    figure: 'backlogBytes',
    help: 'What waits to be sent, as it is stored.',
  },
  {
    name: 'iot_backlog_age_seconds',
    figure: 'backlogAgeSeconds',
    help: 'How long the oldest of what waits has waited.',
  },
  {
    name: 'iot_ledger_entries',
    figure: 'ledgerEntries',
    help: 'Losses that are not told upstream yet, added up by meter, kind and reason.',
  },
  {
    name: 'iot_database_bytes',
    figure: 'databaseBytes',
    help: 'Files of the database, its log included.',
  },
  {
    name: 'iot_clock_trusted',
    figure: 'clockTrusted',
    help: '1 while the clock of the gateway may be right.',
  },
];

const PROCESS_COUNTER: ProcessMetric = {
  name: 'process_cpu_seconds_total',
  help: 'Processor time of the process.',
  read: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

const PROCESS_GAUGES: readonly ProcessMetric[] = [
  {
    name: 'process_resident_memory_bytes',
    help: 'Memory that the process has in use.',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_start_time_seconds',
    help: 'When the process started, seconds since 1970.',
    read: () => Date.now() / 1_000 - process.uptime(),
  },
];

/** From a fast disk to one that is nearly stuck, seconds. */
const COMMIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export class ModuleMetrics {
  readonly #registry = new Registry();
  readonly #commits: Histogram;
  readonly #updates: ((figures: Figures) => void)[] = [];
  /** The module as it lives now; undefined between two lives. */
  #read: (() => Figures) | undefined;
  #last: Figures | undefined;

  constructor({ iotHubHostName, deviceId, moduleId }: MetricLabels) {
    this.#registry.setDefaultLabels({
      iothub: iotHubHostName,
      edge_device: deviceId,
      module_name: moduleId,
      // Another one tells those who add up counters that the process is another one.
      instance_number: randomUUID(),
    });
    for (const { figure, ...metric } of COUNTERS) {
      this.#addCounter(metric, (figures) => Number(figures[figure]));
    }
    for (const { figure, ...metric } of GAUGES) {
      this.#addGauge(metric, (figures) => Number(figures[figure]));
    }
    this.#addCounter(PROCESS_COUNTER, PROCESS_COUNTER.read);
    for (const metric of PROCESS_GAUGES) this.#addGauge(metric, metric.read);
    this.#addVersion();
    this.#commits = new Histogram({
      name: 'iot_commit_duration_seconds',
      help: 'How long commits to the database took.',
      buckets: COMMIT_BUCKETS,
      registers: [this.#registry],
    });
  }

  /** Takes the figures from a life of the module, until the returned function is called. */
  follow(read: () => Figures): () => void {
    this.#read = read;
    return () => {
      this.#read = undefined;
    };
  }

  /** Notes how long a commit took. */
  committed(seconds: number): void {
    this.#commits.observe(seconds);
  }

  /** All metrics, in Prometheus' text format; between two lives the last ones, not connected. */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    const figures = this.#latest();
    if (figures !== undefined) for (const update of this.#updates) update(figures);
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #addCounter({ name, help }: Named, value: (figures: Figures) => number): void {
    const counter = new Counter({ name, help, registers: [this.#registry] });
    // Counted elsewhere: in the database, so that it goes on across restarts.
    this.#updates.push((figures) => {
      counter.reset();
      counter.inc(value(figures));
    });
  }

  #addGauge({ name, help }: Named, value: (figures: Figures) => number): void {
    const gauge = new Gauge({ name, help, registers: [this.#registry] });
    this.#updates.push((figures) => gauge.set(value(figures)));
  }

  #addVersion(): void {
    const gauge = new Gauge({
      name: 'iot_module_info',
      help: 'Always 1; its label tells the version of the module.',
      labelNames: ['version'],
      registers: [this.#registry],
    });
    gauge.set({ version: VERSION }, 1);
  }

  #latest(): Figures | undefined {
    try {
      this.#last = this.#read?.() ?? withoutConnection(this.#last);
    } catch {
      // The database cannot be read; the module notices by itself.
      this.#last = withoutConnection(this.#last);
    }
    return this.#last;
  }
}

function withoutConnection(figures: Figures | undefined): Figures | undefined {
  return figures && { ...figures, connected: false };
}
