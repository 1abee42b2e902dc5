import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Job } from '../../../../simulator/azure/stream-analytics/core/job.ts';

const OVER = 'OVER (PARTITION BY id LIMIT DURATION(minute, 1))';

const REFUSALS: readonly (readonly [query: string, message: string])[] = [
  ['', '1:1 syntax error at the end of the query'],
  ['SELECT', '1:7 syntax error at the end of the query'],
  ['SELECT a\nFROM', '2:5 syntax error at the end of the query'],
  ['SELECT a FROM b GROUP', '1:22 syntax error at the end of the query'],
  ['SELECT a FROM b ?', '1:17 unexpected character "?"'],
  ['SELECT a FROM b JOIN c ON 1 = 1', '1:17 not supported by this runner: JOIN'],
  ['SELECT DISTINCT a FROM b', '1:8 not supported by this runner: DISTINCT'],
  [
    'CREATE TABLE b (a bigint)',
    '1:1 not supported by this runner: CREATE TABLE and CREATE FUNCTION',
  ],
  ['SELECT a.* FROM b', '1:10 not supported by this runner: unnesting with .*; name the fields'],
  ['SELECT SOUNDEX(a) AS x FROM b', '1:8 not supported by this runner: the function SOUNDEX'],
  ['SELECT udf.f(a) AS x FROM b', '1:8 not supported by this runner: the function udf.f'],
  ['SELECT LEN(a, b) AS x FROM b', '1:8 LEN takes 1 arguments, not 2'],
  ['SELECT CAST(a AS money) FROM b', '1:18 unknown type money'],
  ['SELECT a + 1 FROM b', '1:10 this column needs a name: … AS name'],
  ['SELECT a, b AS A FROM b', '1:11 there are two columns A'],
  ['SELECT a = 1 AS x FROM b', '1:10 a condition cannot be a value; use CASE WHEN'],
  ['SELECT a FROM b WHERE a', '1:23 a condition is expected, such as a comparison'],
  ['SELECT a FROM b WHERE COUNT(*) > 1', '1:23 COUNT needs GROUP BY with a window, or OVER'],
  ['SELECT a FROM b HAVING a = 1', '1:26 HAVING needs GROUP BY'],
  ['SELECT a FROM b GROUP BY a', '1:26 GROUP BY needs exactly one window'],
  [
    'SELECT a FROM b GROUP BY a, HoppingWindow(minute, 5, 1)',
    '1:29 not supported by this runner: the window HoppingWindow',
  ],
  [
    'SELECT c FROM b GROUP BY a, TumblingWindow(minute, 5)',
    '1:8 c is neither in GROUP BY nor inside an aggregate',
  ],
  ['SELECT a FROM b GROUP BY a, TumblingWindow(month, 5)', '1:44 month has no fixed length'],
  ['SELECT a FROM b GROUP BY TumblingWindow(minute, 0)', '1:49 a whole number above 0 is expected'],
  ['WITH s AS (SELECT a FROM b) SELECT c FROM s', '1:36 s has no column c; it has a'],
  [
    'WITH s AS (SELECT a FROM b), S AS (SELECT a FROM b) SELECT a FROM s',
    '1:30 there are two steps S',
  ],
  [
    'SELECT a INTO o FROM b SELECT a INTO O FROM b',
    '1:38 Duplicate output names are not allowed: O',
  ],
  [
    'SELECT a INTO o FROM b SELECT a INTO p FROM b TIMESTAMP BY t',
    '1:45 b is read with another TIMESTAMP BY elsewhere in this query',
  ],
  [
    'SELECT a INTO o FROM b SELECT a INTO p FROM c TIMESTAMP BY t OVER id',
    '1:22 TIMESTAMP BY … OVER must be used for all inputs or for none',
  ],
  [
    'SELECT a, COUNT(*) AS n FROM b TIMESTAMP BY t OVER id GROUP BY a, TumblingWindow(minute, 5)',
    '1:64 GROUP BY must name [id], a column of TIMESTAMP BY … OVER',
  ],
  [
    'WITH s AS (SELECT a FROM b TIMESTAMP BY t OVER id) SELECT COUNT(*) AS n FROM s GROUP BY System.Timestamp()',
    '1:89 s has dropped a column of TIMESTAMP BY … OVER',
  ],
  [
    `SELECT LAG(a) ${OVER} AS x FROM b TIMESTAMP BY t`,
    '1:1 not supported by this runner: OVER straight on an input',
  ],
  ['SELECT LAG(a) AS x FROM b', '1:8 LAG needs OVER'],
  ['SELECT LAG(a) OVER (PARTITION BY id) AS x FROM b', '1:15 OVER needs LIMIT DURATION'],
  [
    `SELECT AnomalyDetection_SpikeAndDip(a, 101, 120, 'spikes') ${OVER} AS x FROM b`,
    '1:40 the confidence is a number from 1 to 100',
  ],
  [
    `SELECT AnomalyDetection_SpikeAndDip(a, 95, 0, 'spikes') ${OVER} AS x FROM b`,
    '1:44 the history size is a whole number above 0',
  ],
  [
    `SELECT AnomalyDetection_SpikeAndDip(a, 95, 120, 'up') ${OVER} AS x FROM b`,
    "1:49 the mode is 'spikes', 'dips' or 'spikesanddips'",
  ],
  [
    `SELECT ISFIRST(minute, 1) ${OVER} AS x FROM b`,
    '1:8 not supported by this runner: ISFIRST with OVER',
  ],
  [
    "SELECT GetMetadataPropertyValue(c, '[User].[x]') AS x FROM b",
    '1:8 the first argument is the input',
  ],
  [
    "SELECT GetMetadataPropertyValue(b, 'EventId') AS x FROM b",
    '1:36 not supported by this runner',
  ],
  ['SELECT DATEADD(fortnight, 1, a) AS x FROM b', '1:16 a date part such as minute'],
];

describe('a query that cannot be run', () => {
  for (const [query, message] of REFUSALS) {
    it(`is refused: ${query}`, () => {
      assert.throws(
        () => new Job(query),
        (error: Error) => error.message.startsWith(message) || assert.equal(error.message, message),
      );
    });
  }

  it('names the inputs and outputs that there are', () => {
    const options = { knownInputs: ['meters'], knownOutputs: ['archive'] };
    assert.throws(() => new Job('SELECT a INTO archive FROM b', options), {
      message: '1:28 there is no input b; there are meters',
    });
    assert.throws(() => new Job('SELECT a INTO c FROM meters', options), {
      message: '1:15 there is no output c; there are archive',
    });
  });
});
