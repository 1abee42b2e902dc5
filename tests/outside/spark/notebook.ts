/** The notebook on Spark, in a process of its own, and what its tables hold. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const RUNNER = fileURLToPath(new URL('run_notebook.py', import.meta.url));
const NOTEBOOK = fileURLToPath(new URL('../../../cloud/databricks/cold-path.py', import.meta.url));
const KEPT_ERROR_LINES = 40;

const Answer = z.object({
  tables: z.record(z.string(), z.array(z.array(z.union([z.string(), z.number(), z.null()])))),
  /** Of each Delta table: how many changes it has seen. */
  versions: z.record(z.string(), z.number()),
  /** Tables and figures that the notebook shows. */
  shown: z.number(),
});
export type NotebookAnswer = z.infer<typeof Answer>;

/** A Spark session that runs the notebook whenever it is asked to. */
export interface SparkNotebook {
  /** @throws Error with what Python said last */
  run(archive: string, checkpoints: string): Promise<NotebookAnswer>;
  /** Where the figure of the last run is. */
  readonly picture: string;
  stop(): Promise<void>;
}

/** Starts Spark, with its tables below `folder`. */
export async function startNotebook(folder: string, python: string): Promise<SparkNotebook> {
  const child = spawn(python, [RUNNER, NOTEBOOK, join(folder, 'warehouse')], {
    cwd: folder,
    env: { ...process.env, TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (said.length > KEPT_ERROR_LINES) said.shift();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const expect = async (word: string) => {
    const { value, done } = await lines.next();
    if (done === true || value !== word) throw new Error(`Spark: ${said.join('\n')}`);
  };
  await expect('ready');
  const picture = join(folder, 'averages.png');
  return {
    picture,
    run: async (archive, checkpoints) => {
      const answer = join(folder, 'answer.json');
      const parameters = { archive, checkpoints, catalog: 'spark_catalog' };
      child.stdin.write(`${JSON.stringify({ parameters, answer, picture })}\n`);
      await expect('done');
      return Answer.parse(JSON.parse(await readFile(answer, 'utf8')));
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
