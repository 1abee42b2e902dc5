import assert from 'node:assert/strict';
import { holdFreePorts, type HeldPorts } from '../../../simulator/supervisor/free-ports.ts';
import { close, listen, portNames } from '../../../simulator/supervisor/ports.ts';
import { eventually } from '../../support/eventually.ts';

describe('free ports', () => {
  let held: HeldPorts;
  let numbers: number[];
  /** What was given out, and nothing else. */
  const sameRange = () => ({ first: Math.min(...numbers) - 1, end: Math.max(...numbers) + 1 });
  beforeEach(async () => {
    held = await holdFreePorts();
    numbers = portNames(held.ports).map(([, port]) => port);
  });
  afterEach(() => held.release());

  it('are all different, and can be listened on', async () => {
    assert.equal(new Set(numbers).size, numbers.length);
    await Promise.all((await Promise.all(numbers.map((port) => listen(port, 'any')))).map(close));
  });

  it('are chosen where no system gives a port to anybody else before they are bound', () => {
    assert.ok(Math.max(...numbers) < 32_768, String(numbers));
  });

  it('are given to nobody else while they are held, and then to others', async () => {
    await assert.rejects(holdFreePorts(sameRange()), /ports in a row are free from \d+ to \d+/);

    await held.release();

    // Another process may hold them for a moment.
    await eventually(async () => {
      const again = await holdFreePorts(sameRange());
      await again.release();
      assert.deepEqual(again.ports, held.ports);
    });
  });

  it('are not given out when another program listens on one of them', async () => {
    await held.release();
    const other = await listen(Math.max(...numbers), 'any');

    await assert.rejects(holdFreePorts(sameRange()), /end what listens there/);
    await close(other);
  });
});
