/**
 * A job that runs: events from the event hub through the query to its outputs.
 *
 * Invariants:
 * - a batch is saved only after every output has acknowledged its rows, so that after a kill the
 *   last batch is repeated at most, and nothing is lost;
 * - what stops a job is said in its status.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../wire/logger.ts';
import type { JobCounters } from '../core/job-counters.ts';
import { Job, type JobOutput } from '../core/job.ts';
import type { JobState, JobStatus } from '../job-status.ts';
import type { JobDefinition, ProjectDefinition } from '../project-files.ts';
import type { CheckpointStore, JobTotals } from './checkpoint-store.ts';
import type { Connections } from './connections.ts';
import type { EventHubInput } from './event-hub-input.ts';
import { EventQueue, type ReceivedMessage } from './event-queue.ts';
import type { LiveOutput } from './live-output.ts';
import { Problems } from './problems.ts';
import { describe } from './retry.ts';

/** Readings that one batch holds at most, about. */
const MAX_BATCH_READINGS = 5_000;
/** How long a batch gathers while there is no backlog: the price in latency of fewer commits. */
const GATHER_MS = 40;
/** How long a stop waits for the batch under way; the next start repeats one that was not done. */
const STOP_WAIT_MS = 400;
/** How long connections may take to close: with the other side gone, the client waits for ever. */
const CLOSE_WAIT_MS = 300;
const TICK_MS = 1_000;

/** What a job runs with. */
export interface LiveJobContext {
  readonly project: ProjectDefinition;
  readonly connections: Connections;
  readonly store: CheckpointStore;
  readonly now: () => number;
  readonly log: Logger;
}

interface Run {
  readonly job: Job;
  readonly queue: EventQueue;
  readonly inputs: readonly EventHubInput[];
  readonly outputs: ReadonlyMap<string, LiveOutput>;
  /** Of what every output has acknowledged. */
  readonly positions: Map<string, Map<string, number>>;
  /** Aborted to end everything, whatever it waits for. */
  readonly abort: AbortController;
  /** Aborted to end after the batch under way. */
  readonly leave: AbortController;
  /** Totals when this run began. */
  readonly base: JobTotals;
  ended: Promise<void>;
}

/** One job of the project, started or stopped. */
export class LiveJob {
  readonly name: string;
  readonly #definition: JobDefinition;
  readonly #context: LiveJobContext;
  readonly #problems = new Problems();
  #state: JobState = 'stopped';
  #run: Run | undefined;
  #totals: JobTotals;

  constructor(definition: JobDefinition, context: LiveJobContext) {
    this.name = definition.name;
    this.#definition = definition;
    this.#context = context;
    const queryHash = createHash('sha256').update(definition.query).digest('hex');
    context.store.adopt(this.name, queryHash);
    this.#totals = context.store.totals(this.name);
  }

  /** Starts from the last checkpoint; does nothing when running. A query that is wrong fails the job. */
  start(): void {
    if (this.#run !== undefined) return;
    this.#state = 'starting';
    this.#problems.clear();
    try {
      const run = this.#prepare();
      this.#run = run;
      run.ended = this.#work(run);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends after the batch under way, or without it when an output does not answer. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run !== undefined) {
      run.leave.abort();
      const waiting = setTimeout(() => run.abort.abort(), STOP_WAIT_MS);
      await run.ended;
      clearTimeout(waiting);
    }
    this.#state = 'stopped';
    this.#problems.clear();
  }

  /** What `GET /status` says of this job. */
  async status(): Promise<JobStatus> {
    const run = this.#run;
    const { eventsOut, lastOutputMs, ...counts } = this.#totals;
    const inputs = await Promise.all(
      (run?.inputs ?? []).map(async (input) => ({
        alias: input.alias,
        backlog: await input.backlog(run?.positions.get(input.alias) ?? new Map()),
      })),
    );
    return {
      name: this.name,
      state: this.#state,
      ...counts,
      eventsOut: Object.values(eventsOut).reduce((sum, count) => sum + count, 0),
      rowsBehindGaps: run?.job.rowsBehindGaps() ?? 0,
      inputs,
      outputs: Object.entries(eventsOut).map(([alias, events]) => ({ alias, events })),
      error: this.#problems.current,
      lastOutputMs,
    };
  }

  #prepare(): Run {
    const { project, connections, store, now } = this.#context;
    const job = new Job(this.#definition.query, {
      timePolicy: project.timePolicy,
      knownInputs: project.inputs.map(({ alias }) => alias),
      knownOutputs: project.outputs.map(({ alias }) => alias),
    });
    job.restore(store.state(this.name));
    const positions = store.positions(this.name);
    const queue = new EventQueue();
    const abort = new AbortController();
    const retryOf = (alias: string) => ({
      signal: abort.signal,
      report: this.#problems.reporter(alias),
    });
    const none = Object.fromEntries(job.outputs.map((alias) => [alias, 0]));
    const totals = store.totals(this.name);
    const base = { ...totals, eventsOut: { ...none, ...totals.eventsOut } };
    this.#totals = base;
    return {
      job,
      queue,
      positions,
      abort,
      base,
      leave: new AbortController(),
      inputs: job.inputs.map((alias) =>
        connections.input(
          { alias, queue, now, positions: positions.get(alias) ?? new Map() },
          retryOf(alias),
        ),
      ),
      outputs: new Map(
        job.outputs.map((alias) => [alias, connections.output(alias, retryOf(alias))]),
      ),
      ended: Promise.resolve(),
    };
  }

  async #work(run: Run): Promise<void> {
    try {
      for (const input of run.inputs) input.start().catch(() => undefined);
      this.#state = 'running';
      while (!run.leave.signal.aborted) await this.#nextBatch(run);
    } catch (error) {
      if (!run.abort.signal.aborted) this.#fail(error);
    } finally {
      await this.#close(run);
    }
  }

  async #nextBatch({ queue, leave, job, ...run }: Run): Promise<void> {
    const { timePolicy } = this.#context.project;
    const waitsForEver = timePolicy.lateArrivalSeconds < 0;
    await queue.wait(leave.signal, waitsForEver ? undefined : TICK_MS);
    if (leave.signal.aborted) return;
    if (queue.size === 0) job.passTime(this.#context.now());
    else if (queue.size < MAX_BATCH_READINGS) await delay(GATHER_MS);
    const messages = queue.take(MAX_BATCH_READINGS);
    for (const { alias, events, conversionErrors } of messages) {
      for (const event of events) job.push(alias, event);
      job.countUnreadable(alias, conversionErrors);
    }
    await this.#finishBatch(messages, job, run);
  }

  async #finishBatch(
    messages: readonly ReceivedMessage[],
    job: Job,
    { outputs, positions, base }: Pick<Run, 'outputs' | 'positions' | 'base'>,
  ): Promise<void> {
    const output = job.takeOutput();
    const changes = job.takeStateChanges();
    await Promise.all([...output].map(async ([alias, rows]) => outputs.get(alias)?.write(rows)));
    for (const { alias, partitionId, sequenceNumber } of messages) {
      const partitions = positions.get(alias) ?? new Map<string, number>();
      positions.set(alias, partitions.set(partitionId, sequenceNumber));
    }
    this.#totals = addTotals(this.#totals, base, { counters: job.counters(), output });
    if (output.size > 0) this.#totals = { ...this.#totals, lastOutputMs: this.#context.now() };
    this.#context.store.save(this.name, { positions, changes, totals: this.#totals });
  }

  async #close(run: Run): Promise<void> {
    run.abort.abort();
    run.queue.release();
    const closing = Promise.allSettled([
      ...run.inputs.map((input) => input.closed()),
      ...[...run.outputs.values()].map((output) => output.close()),
    ]);
    await Promise.race([closing, delay(CLOSE_WAIT_MS)]);
    this.#run = undefined;
  }

  #fail(error: unknown): void {
    this.#state = 'failed';
    this.#problems.reporter('query')(describe(error));
    this.#context.log.error({ err: error, job: this.name }, 'job failed');
  }
}

/** The counts of this run on top of those before it; outputs count up from batch to batch. */
function addTotals(
  totals: JobTotals,
  base: JobTotals,
  { counters, output }: { counters: JobCounters; output: JobOutput },
): JobTotals {
  const eventsOut = { ...totals.eventsOut };
  for (const [alias, rows] of output) eventsOut[alias] = (eventsOut[alias] ?? 0) + rows.length;
  return {
    eventsIn: base.eventsIn + counters.eventsIn,
    lateEvents: base.lateEvents + counters.lateEvents,
    outOfOrderEvents: base.outOfOrderEvents + counters.outOfOrderEvents,
    droppedEvents: base.droppedEvents + counters.droppedEvents,
    conversionErrors: base.conversionErrors + counters.conversionErrors,
    eventsOut,
    lastOutputMs: totals.lastOutputMs,
  };
}
