import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { runTestConfig } from '../../../simulator/azure/stream-analytics/test-cases.ts';

const TESTS = new URL('../../../cloud/stream-analytics/test/', import.meta.url);

for (const job of ['hot-path', 'cold-path', 'alerts']) {
  describe(`the query ${job}`, () => {
    const results = runTestConfig(fileURLToPath(new URL(`${job}/testConfig.json`, TESTS)));
    for (const { name, differences } of results) {
      it(`gives what the case ${name} expects`, () => assert.deepEqual(differences, []));
    }
  });
}
