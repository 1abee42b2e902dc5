import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseRoute } from '../../../../simulator/edge/edge-hub/routes/route-parser.ts';
import {
  DEFAULT_PRIORITY,
  Router,
  type RoutedMessage,
} from '../../../../simulator/edge/edge-hub/routes/router.ts';

const GATEWAY = 'gateway-01';

function message(part: Partial<RoutedMessage> = {}): RoutedMessage {
  return {
    source: '/messages/modules/averager/outputs/averages',
    properties: {},
    systemProperties: {},
    body: Buffer.from(''),
    ...part,
  };
}

function routeAll(texts: readonly string[], routed: RoutedMessage): string[] {
  const definitions = texts.map((route, index) => ({
    name: `r${index}`,
    route,
    priority: DEFAULT_PRIORITY,
    timeToLiveSeconds: undefined,
  }));
  return new Router(GATEWAY, definitions).route(routed).map(({ endpoint }) => endpoint);
}

function isTrue(condition: string, part: Partial<RoutedMessage> = {}): boolean {
  return routeAll([`FROM /* WHERE ${condition} INTO $upstream`], message(part)).length === 1;
}

describe('route sources', () => {
  const matches: readonly [string, string, boolean][] = [
    ['/*', '/messages', true],
    ['/messages/*', '/messages', true],
    ['/messages/*', '/messages/modules/m/outputs/o', true],
    ['/messages/modules/M/OUTPUTS/*', '/messages/modules/m/outputs/o', true],
    ['/messages/modules/m/outputs/o', '/messages/modules/m/outputs/other', false],
    ['/messages/modules/m/outputs/o', '/messages/modules/m/outputs/o', true],
    ['/messages/modules/m/outputs/*', '/messages/modules/m', false],
    ['/messages/modules/m/*', '/messages/modules/m', true],
    ['/messages/modules/*/outputs/o', '/messages/modules/m/outputs/o', false],
    ['/messages/modules/m', '/messages/modules/mm', false],
    ['/twinChangeNotifications', '/messages', false],
  ];
  for (const [pattern, source, expected] of matches) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${source}`, () => {
      const found = routeAll([`FROM ${pattern} INTO $upstream`], message({ source }));
      assert.deepEqual(found, expected ? ['iothub'] : []);
    });
  }
});

describe('route conditions', () => {
  const properties = { kind: 'average', temp: '71.5', $body: 'odd' };
  const systemProperties = {
    connectionDeviceId: 'Meter01',
    contentType: 'application/json',
    contentEncoding: 'UTF-8',
  };
  const body = Buffer.from(JSON.stringify({ a: { b: [{ c: 7 }], s: 'x' }, list: [1] }));
  const seen = { properties, systemProperties, body };
  const truths: readonly [string, boolean][] = [
    ["kind = 'average'", true],
    ['kind != "average"', false],
    ["kind <> 'telemetry'", true],
    ["missing = 'x'", false],
    ["missing != 'x'", false],
    ["NOT (missing = 'x')", false],
    ['NOT IS_DEFINED($connectionModuleId)', true],
    ['is_defined($connectionDeviceId)', true],
    ["missing = 'x' OR kind = 'average'", true],
    ["missing = 'x' AND kind = 'average'", false],
    ["NOT (missing = 'x' AND kind = 'telemetry')", true],
    ['as_number(temp) > 71', true],
    ['as_number(temp) * 2 - 3 = 140', true],
    ['as_number(temp) % 2 = 1.5', true],
    ["temp < '8'", true],
    ["(missing ?? 'none') = 'none'", true],
    ["lower(kind || '/X') = 'average/x'", true],
    ["starts_with(kind, 'aver') AND NOT ends_with(kind, 'x')", true],
    ["substring(kind, 1, 3) = 'ver'", true],
    ["concat(kind, '-', temp) = 'average-71.5'", true],
    ['length(kind) = 7', true],
    ['$body.a.b[0].c = 7', true],
    ["$BODY.a.s = 'x'", true],
    ['is_defined($body.a)', false],
    ['is_defined($body.missing.deep)', false],
    ['{$connectionDeviceId} = "Meter01"', true],
    ['true', true],
    ['undefined', false],
    ['0x10 = 16', true],
    ['-(1) < -0.5', true],
    ["kind = '\\u0061verage'", true],
  ];
  for (const [condition, expected] of truths) {
    it(`${condition} is ${expected ? 'true' : 'not true'}`, () => {
      assert.equal(isTrue(condition, seen), expected);
    });
  }

  it('prefers an application property whose name begins with a dollar to the system property', () => {
    const both = {
      properties: { $contentType: 'mine' },
      systemProperties: { contentType: 'theirs' },
    };

    assert.equal(isTrue("$contentType = 'mine'", both), true);
    assert.equal(isTrue("{$contentType} = 'theirs'", both), true);
  });

  it('does not look into a body that is not marked as JSON in UTF', () => {
    const unmarked = { body, systemProperties: { contentType: 'application/json' } };

    assert.equal(isTrue('$body.a.b[0].c = 7', unmarked), false);
  });

  it('does not fail on a body that is not JSON', () => {
    assert.equal(isTrue('$body.a = 1', { systemProperties, body: Buffer.from('{') }), false);
  });

  it('has de Morgan’s laws in three-valued logic', () => {
    const value = fc.constantFrom('true', 'false', 'undefined');
    fc.assert(
      fc.property(value, value, (a, b) => {
        assert.equal(isTrue(`NOT (${a} AND ${b})`), isTrue(`(NOT ${a}) OR (NOT ${b})`));
        assert.equal(isTrue(`NOT (${a} OR ${b})`), isTrue(`(NOT ${a}) AND (NOT ${b})`));
      }),
    );
  });
});

describe('routes that are not ones', () => {
  const broken: readonly [string, number, RegExp][] = [
    ['', 0, /Expected FROM/],
    ['FROM INTO $upstream', 5, /Expected a source/],
    ['FROM /messages/* $upstream', 17, /Expected INTO/],
    ['FROM /messages/* INTO upstream', 22, /\$upstream or BrokeredEndpoint/],
    ['FROM /messages/* INTO BrokeredEndpoint("/modules/x")', 39, /input of a module/],
    ['FROM /messages/* INTO $upstream now', 32, /Expected the end/],
    ['FROM /messages/* WHERE temp > 70 INTO $upstream', 28, /as_number/],
    ["FROM /messages/* WHERE NOT kind = 'x' INTO $upstream", 23, /parentheses after NOT/],
    ["FROM /messages/* WHERE kind!='x' INTO $upstream", 27, /spaces around/],
    ["FROM /messages/* WHERE kind = 'x INTO $upstream", 30, /not terminated/],
    ['FROM /messages/* WHERE kind INTO $upstream', 23, /true or false/],
    ['FROM /messages/* WHERE sin(1) = 0 INTO $upstream', 23, /sin is not supported/],
    ['FROM /messages/* WHERE length() = 0 INTO $upstream', 23, /length does not take nothing/],
    ['FROM /messages/* WHERE (true INTO $upstream', 29, /Expected \)/],
    ['FROM /messages/* WHERE AND INTO $upstream', 23, /Expected a value/],
    ['FROM /messages/* WHERE $body.[x] = 1 INTO $upstream', 23, /is not a path/],
  ];
  for (const [text, offset, message] of broken) {
    it(`names the place in: ${text || '(nothing)'}`, () => {
      assert.throws(() => parseRoute(text), { code: 'INVALID_ROUTE', offset, message });
    });
  }

  it('never fails with anything but a RouteError', () => {
    const words = `FROM / messages * WHERE ( ) 'x' = NOT a INTO $upstream 1 - { } " length , $body.a ?? ||`;
    const fragments = fc.constantFrom(...words.split(' '));
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 12 }), (parts) => {
        try {
          parseRoute(`FROM /* WHERE ${parts.join(' ')} INTO $upstream`);
        } catch (error) {
          assert.equal(error instanceof Error ? error.name : error, 'RouteError');
        }
      }),
    );
  });
});

describe('router', () => {
  it('queues a message once per endpoint, with the lowest priority number that matches', () => {
    const definition = (name: string, priority: number, timeToLiveSeconds: number) => ({
      name,
      route: 'FROM /messages/* INTO $upstream',
      priority,
      timeToLiveSeconds,
    });
    const router = new Router(GATEWAY, [definition('a', 2, 20), definition('b', 1, 10)]);

    assert.deepEqual(router.route(message()), [
      { endpoint: 'iothub', priority: 1, timeToLiveSeconds: 10 },
    ]);
  });

  it('sends a message to every input that matches', () => {
    const into = (module: string) =>
      `FROM /messages/* INTO BrokeredEndpoint("/modules/${module}/inputs/readings")`;

    assert.deepEqual(routeAll([into('averager'), into('anomaly-detector')], message()), [
      'gateway-01/averager/readings',
      'gateway-01/anomaly-detector/readings',
    ]);
  });
});
