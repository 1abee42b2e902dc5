import assert from 'node:assert/strict';
import { CHAOS_HELP, parseChaosOptions } from '../../../simulator/chaos/options.ts';

describe('options of chaos', () => {
  it('are a thousand kills and a million readings unless told otherwise', () => {
    const { kills, readings, seed, direct } = parseChaosOptions([]);
    assert.deepEqual([kills, readings, seed, direct], [1_000, 1_000_000, 7, 0]);
    assert.deepEqual(parseChaosOptions(['--kills', '12', '--json']).kills, 12);
  });

  it('are all in the help', () => {
    for (const option of Object.keys(parseChaosOptions([]))) {
      assert.match(CHAOS_HELP, new RegExp(`--${option} `));
    }
  });

  const refused: readonly [string[], RegExp][] = [
    [['--kills', '7'], /--kills takes a whole number from 8 on, not "7"/],
    [['--readings', 'many'], /--readings takes a whole number from 10 on, not "many"/],
    [['--batch', '101'], /--batch takes a whole number from 1 to 100, not "101"/],
    [['--meters', '2', '--direct', '2'], /--direct 2 leaves no meter behind the gateway/],
    [['--kill', '7'], /Unknown option '--kill'/],
  ];
  for (const [args, message] of refused) {
    it(`refuse ${args.join(' ')}`, () => {
      assert.throws(() => parseChaosOptions(args), message);
    });
  }
});
