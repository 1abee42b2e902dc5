/**
 * Runs the cases of a `testConfig.json` through the local runner.
 *
 * Source: the format of the Stream Analytics command line tool (`azure-streamanalytics-cicd test`).
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { runLocally } from './core/local-run.ts';
import { fromJson, isRecord, toJsonText, type SqlRecord } from './core/values.ts';
import { readJson } from './project-files.ts';

/** Difference up to which two numbers count as equal, relative to the larger. */
const TOLERANCE = 1e-9;

const TestConfig = z.object({
  Script: z.string(),
  TestCases: z.array(
    z.object({
      Name: z.string(),
      Inputs: z.array(
        z.object({
          InputAlias: z.string(),
          Type: z.literal('Data Stream'),
          Format: z.literal('Json'),
          FilePath: z.string(),
        }),
      ),
      ExpectedOutputs: z.array(
        z.object({
          OutputAlias: z.string(),
          FilePath: z.string(),
          IgnoreFields: z.array(z.string()).default([]),
          Required: z.boolean(),
        }),
      ),
    }),
  ),
});
type TestCase = z.infer<typeof TestConfig>['TestCases'][number];

/** What came of one case; it passed when there are no differences. */
export interface TestCaseResult {
  readonly name: string;
  readonly differences: readonly string[];
}

/** @throws Error naming the file that is not usable; QueryError, QueryFault */
export function runTestConfig(path: string): TestCaseResult[] {
  const folder = dirname(path);
  const config = readJson(folder, 'testConfig.json', TestConfig);
  const query = readFileSync(join(folder, config.Script), 'utf8');
  return config.TestCases.map((testCase) => ({
    name: testCase.Name,
    differences: runCase(folder, query, testCase),
  }));
}

function runCase(folder: string, query: string, testCase: TestCase): string[] {
  const inputs = new Map(
    testCase.Inputs.map(({ InputAlias, FilePath }) => [InputAlias, readRows(folder, FilePath)]),
  );
  const output = runLocally(query, inputs, 0);
  return testCase.ExpectedOutputs.filter(({ Required }) => Required).flatMap((expected) => {
    const wanted = readRows(folder, expected.FilePath);
    const rows = output.get(expected.OutputAlias) ?? [];
    return difference(rows, wanted, expected.IgnoreFields).map(
      (text) => `${expected.OutputAlias}: ${text}`,
    );
  });
}

function readRows(folder: string, file: string): SqlRecord[] {
  return readJson(folder, file, z.array(z.unknown())).map(fromJson).filter(isRecord);
}

/** Rows in any order: within one timestamp the service does not fix it. */
function difference(
  rows: readonly SqlRecord[],
  wanted: readonly SqlRecord[],
  ignored: readonly string[],
): string[] {
  const left = [...rows];
  const missing: string[] = [];
  for (const row of wanted) {
    const index = left.findIndex((candidate) => alike(plain(candidate), plain(row), ignored));
    if (index === -1) missing.push(`missing ${toJsonText(row)}`);
    else left.splice(index, 1);
  }
  return [...missing, ...left.map((row) => `unexpected ${toJsonText(row)}`)];
}

function plain(row: SqlRecord): Record<string, unknown> {
  const parsed: Record<string, unknown> = JSON.parse(toJsonText(row));
  return parsed;
}

function alike(
  row: Record<string, unknown>,
  wanted: Record<string, unknown>,
  ignored: readonly string[],
): boolean {
  const names = new Set([...Object.keys(row), ...Object.keys(wanted)]);
  return [...names].every(
    (name) => ignored.includes(name) || sameValue(row[name] ?? null, wanted[name] ?? null),
  );
}

function sameValue(value: unknown, wanted: unknown): boolean {
  if (typeof value !== 'number' || typeof wanted !== 'number') {
    return isDeepStrictEqual(value, wanted);
  }
  return Math.abs(value - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted));
}
