/**
 * Pushes rows to a dataset of Power BI, which it makes when there is none.
 *
 * Invariants:
 * - about one call a second, each of at most ten thousand rows, as the service does;
 * - rows keep their order; after an answer that got lost they may be there twice.
 *
 * Source: Stream Analytics, "Power BI output"; Power BI REST API, "Push Datasets".
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { SqlDateTime, toJsonText, type SqlRecord, type Value } from '../core/values.ts';
import type { LiveOutput } from './live-output.ts';
import { untilItWorks, type RetryContext } from './retry.ts';

const ROWS_PER_CALL = 10_000;
const CALL_INTERVAL_MS = 1_000;
const ANSWER_WITHIN_MS = 20_000;
/** When Power BI is full and does not say for how long. */
const DEFAULT_RETRY_SECONDS = 10;

/** What an output to Power BI needs. */
export interface PowerBiOutputOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** Id of the workspace. */
  readonly groupId: string;
  readonly dataset: string;
  readonly table: string;
}

const Datasets = z.object({ value: z.array(z.object({ id: z.string(), name: z.string() })) });
const Dataset = z.object({ id: z.string() });
const Refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number;
}

/** Writes over HTTP. */
export class PowerBiOutput implements LiveOutput {
  readonly #options: PowerBiOutputOptions;
  readonly #context: RetryContext;
  /** Types of the columns that had a value so far. */
  readonly #columns = new Map<string, string>();
  #datasetId: string | undefined;
  /** Whether the table has all of `#columns`. */
  #isTableCurrent = false;
  #nextCallMs = 0;

  constructor(options: PowerBiOutputOptions, context: RetryContext) {
    this.#options = options;
    this.#context = context;
  }

  async write(rows: readonly SqlRecord[]): Promise<void> {
    for (let from = 0; from < rows.length; from += ROWS_PER_CALL) {
      const chunk = rows.slice(from, from + ROWS_PER_CALL);
      this.#learnColumns(chunk);
      await untilItWorks(() => this.#push(chunk), this.#context);
    }
  }

  async close(): Promise<void> {
    this.#datasetId = undefined;
  }

  /** The service knows the types from the query; here they are those of the first values. */
  #learnColumns(rows: readonly SqlRecord[]): void {
    for (const row of rows) {
      for (const [name, value] of Object.entries(row)) {
        const type = columnType(value);
        if (type === undefined || this.#columns.has(name)) continue;
        this.#columns.set(name, type);
        this.#isTableCurrent = false;
      }
    }
  }

  async #push(rows: readonly SqlRecord[]): Promise<void> {
    const path = await this.#currentTable();
    const body = `{"rows":[${rows.map((row) => this.#rowText(row)).join(',')}]}`;
    for (;;) {
      await this.#turn();
      const answer = await this.#call('POST', `${path}/rows`, body);
      if (answer.status === 200) return;
      // Whoever removed the dataset gets a new one with the next attempt.
      if (answer.status === 404) this.#datasetId = undefined;
      if (answer.status !== 429) throw refused(answer);
      this.#context.report(refused(answer).message);
      await delay(1_000 * answer.retryAfterSeconds, undefined, { signal: this.#context.signal });
    }
  }

  /** Columns that never had a value are not in the table. */
  #rowText(row: SqlRecord): string {
    const known = Object.entries(row).filter(([name]) => this.#columns.has(name));
    return `{${known.map(([name, value]) => `${JSON.stringify(name)}:${toJsonText(value)}`).join(',')}}`;
  }

  /** Path of the table, which has all columns then. */
  async #currentTable(): Promise<string> {
    const { groupId, table } = this.#options;
    const datasets = `/v1.0/myorg/groups/${encodeURIComponent(groupId)}/datasets`;
    if (this.#datasetId === undefined) {
      this.#isTableCurrent = false;
      this.#datasetId = await this.#findOrMake(datasets);
    }
    const path = `${datasets}/${this.#datasetId}/tables/${encodeURIComponent(table)}`;
    if (!this.#isTableCurrent) {
      const schema = JSON.stringify({ columns: this.#columnList() });
      const answer = await this.#call('PUT', path, schema);
      if (answer.status === 404) this.#datasetId = undefined;
      if (answer.status !== 200) throw refused(answer);
      this.#isTableCurrent = true;
    }
    return path;
  }

  async #findOrMake(datasets: string): Promise<string> {
    const { dataset: name, table } = this.#options;
    const listed = await this.#call('GET', datasets);
    if (listed.status !== 200) throw refused(listed);
    const known = Datasets.parse(listed.body).value.find((each) => each.name === name);
    if (known !== undefined) return known.id;
    const tables = [{ name: table, columns: this.#columnList() }];
    const definition = JSON.stringify({ name, defaultMode: 'pushStreaming', tables });
    const path = `${datasets}?defaultRetentionPolicy=basicFIFO`;
    const made = await this.#call('POST', path, definition);
    if (made.status !== 201) throw refused(made);
    return Dataset.parse(made.body).id;
  }

  #columnList(): { name: string; dataType: string }[] {
    return [...this.#columns].map(([name, dataType]) => ({ name, dataType }));
  }

  async #turn(): Promise<void> {
    const waitMs = this.#nextCallMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#context.signal });
    this.#nextCallMs = performance.now() + CALL_INTERVAL_MS;
  }

  async #call(method: string, path: string, body?: string): Promise<Answer> {
    const { apiUrl, token } = this.#options;
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([this.#context.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    }).catch((error: unknown) => {
      throw new Error('Power BI does not answer', { cause: error });
    });
    const text = await response.text();
    const seconds = Number(response.headers.get('retry-after'));
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      retryAfterSeconds: seconds > 0 ? seconds : DEFAULT_RETRY_SECONDS,
    };
  }
}

function refused({ status, body }: Answer): Error {
  const parsed = Refusal.safeParse(body);
  const reason = parsed.success ? parsed.data.error.message : 'no reason given';
  return new Error(`Power BI answered ${status}: ${reason}`);
}

function columnType(value: Value): string | undefined {
  if (value instanceof SqlDateTime) return 'DateTime';
  switch (typeof value) {
    case 'bigint':
      return 'Int64';
    case 'number':
      return 'Double';
    case 'boolean':
      return 'Boolean';
    case 'string':
      return 'String';
    default:
      return undefined;
  }
}
