import assert from 'node:assert/strict';
import { preferredTpm } from '../../../simulator/tpm/open-tpm.ts';
import { HELP, OptionError, parseStartOptions } from '../../../simulator/supervisor/options.ts';
import { DEFAULT_PORTS, portNames } from '../../../simulator/supervisor/ports.ts';

const parse = (...args: string[]) => parseStartOptions(args, '/project');

describe('options of npm start', () => {
  it('are ten meters, two of them direct, when nothing is said', () => {
    const { meters, stateFolder, manifestFile, fresh } = parse();

    assert.equal(meters.count, 10);
    assert.equal(meters.direct, 2);
    assert.equal(meters.intervalMs, 10_000);
    assert.equal(meters.historySeconds, 7_200);
    assert.equal(stateFolder, '/project/.local');
    assert.equal(manifestFile, '/project/deployment.template.json');
    assert.equal(fresh, false);
  });

  it('change one port by its name and leave the others', () => {
    const { ports } = parse('--port', 'edgeHubMqtt=18883', '--port', 'control.jobs=15312');

    assert.deepEqual(ports, {
      ...DEFAULT_PORTS,
      edgeHubMqtt: 18_883,
      control: { ...DEFAULT_PORTS.control, jobs: 15_312 },
    });
  });

  it('are all in the help text, every port name among them', () => {
    const names = portNames(DEFAULT_PORTS).map(([name, port]) => `${name}=${port}`);

    assert.deepEqual(
      names.filter((name) => !HELP.includes(name)),
      [],
    );
  });

  const refused: [what: string, args: string[], names: RegExp][] = [
    ['an unknown option', ['--metres', '3'], /--metres/],
    ['a count that is not a number', ['--meters', 'ten'], /--meters .*"ten"/],
    ['a fraction of a meter', ['--meters', '1.5'], /--meters .*whole/],
    ['more direct meters than meters', ['--meters', '1', '--direct', '2'], /--direct 2/],
    ['an unknown port', ['--port', 'mqtt=1883'], /no port "mqtt"/],
    ['a port out of range', ['--port', 'smtp=70000'], /--port smtp/],
    ['an unknown log level', ['--log-level', 'loud'], /--log-level .*"loud"/],
  ];
  for (const [what, args, names] of refused) {
    it(`refuse ${what} by name`, () => {
      assert.throws(
        () => parse(...args),
        (error) => error instanceof OptionError && names.test(error.message),
      );
    });
  }

  it('let the last meter have a TPM: that of the machine, or else one in software', () => {
    assert.equal(parse().meters.tpm, undefined);
    assert.equal(parse('--tpm').meters.tpm, preferredTpm());
  });
});
