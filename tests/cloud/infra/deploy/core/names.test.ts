import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resourceNames, suffixFor } from '../../../../../cloud/infra/deploy/core/names.ts';
import { readOptions } from '../../../../../cloud/infra/deploy/options.ts';

const environment = fc.stringMatching(/^[a-z0-9]{2,8}$/);

describe('names', () => {
  it('are the same for the same subscription and group, however they are written', () => {
    assert.equal(suffixFor('AAAA-BBBB', 'My-Group'), suffixFor('aaaa-bbbb', 'my-group'));
    assert.notEqual(suffixFor('AAAA-BBBB', 'My-Group'), suffixFor('AAAA-BBBB', 'Other'));
  });

  it('keep the rules of each service, whatever subscription and group', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string(), environment, (subscription, group, name) => {
        const suffix = suffixFor(subscription, group);
        assert.match(suffix, /^[a-z0-9]{6}$/);
        const names = resourceNames({ environment: name, suffix });
        assert.match(names.archive, /^[a-z0-9]{3,24}$/);
        assert.match(names.functionStorage, /^[a-z0-9]{3,24}$/);
        assert.match(names.vault, /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/);
        assert.match(names.hub, /^[a-z][a-z0-9-]{1,48}[a-z0-9]$/);
        assert.match(names.eventHubs, /^[a-z][a-z0-9-]{4,48}[a-z0-9]$/);
        for (const text of Object.values(names)) assert.ok(text.length <= 58, text);
      }),
    );
  });
});

describe('the options of deploy', () => {
  it('have defaults for everything but the command', () => {
    assert.deepEqual(readOptions(['plan']), {
      command: 'plan',
      environment: 'lab',
      location: 'westeurope',
      group: undefined,
      subscription: undefined,
      operatorMail: undefined,
      alertRecipients: undefined,
      manifest: undefined,
      yes: false,
    });
  });

  it('refuse what az would take for an option or Azure for another name', () => {
    for (const args of [
      ['plan', '--group', '-x.'],
      ['plan', '--location', 'West Europe'],
      ['plan', '--environment', 'a'],
      ['plan', 'up'],
    ]) {
      assert.throws(() => readOptions(args), { code: 'USAGE' });
    }
  });
});
