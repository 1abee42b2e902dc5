import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { untilItWorks } from '../../../../simulator/azure/stream-analytics/live/retry.ts';

describe('an operation that is retried', () => {
  it('reports what is wrong without the keys in it, and null once it works', async () => {
    const reports: (string | null)[] = [];
    const failures = [new Error('Endpoint=sb://x;SharedAccessKey=abc=;EntityPath=y is away')];
    const result = await untilItWorks(
      async () => {
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
        return 42;
      },
      { signal: new AbortController().signal, report: (problem) => reports.push(problem) },
    );
    assert.equal(result, 42);
    assert.deepEqual(reports, [
      'Endpoint=sb://x;SharedAccessKey=[secret];EntityPath=y is away',
      null,
    ]);
  });
});
