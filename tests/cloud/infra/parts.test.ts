/** The templates against the parts of the system that they deploy. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readSizes } from '../../../cloud/infra/deploy/environment-files.ts';
import { hubShortfalls, trafficOf } from '../../../cloud/infra/deploy/core/traffic.ts';
import { estimate, total } from '../../../cloud/infra/deploy/core/estimate.ts';
import { EVENT_HUBS } from '../../../simulator/azure/event-hubs/namespace.ts';

const SERVICES = 'cloud/infra/services';
const JOBS = 'cloud/stream-analytics';
const read = (path: string): string => readFileSync(path, 'utf8');
const main = read('cloud/infra/main.bicep');

const Named = z.object({ Name: z.string(), DataSourceType: z.string() });
const named = (path: string) => Named.parse(JSON.parse(read(path)));

/** Files that a variable of main.bicep loads. */
function loadedBy(variable: string): string[] {
  const block = new RegExp(`^var ${variable} = \\[\\n([\\s\\S]*?)^\\]`, 'm').exec(main)?.[1] ?? '';
  return [...block.matchAll(/loadJsonContent\('\.\.\/(.+)'\)/g)].map(([, path]) => `cloud/${path}`);
}

/** Names in brackets after FROM or INTO, of what is no step of the query itself. */
function aliases(query: string, word: 'FROM' | 'INTO'): string[] {
  const text = query.replaceAll(/--[^\n]*/g, '');
  const found = [...text.matchAll(new RegExp(`\\b${word}\\s+\\[([^\\]]+)\\]`, 'g'))];
  return [...new Set(found.map(([, name]) => name ?? ''))].toSorted();
}

const JOB_FILES = [
  { job: 'hotPath', query: 'hot-path.asaql' },
  { job: 'coldPath', query: 'cold-path.asaql' },
  { job: 'alerts', query: 'alerts.asaql' },
];

describe('the templates and the Stream Analytics project', () => {
  for (const { job, query } of JOB_FILES) {
    it(`give ${query} the inputs and outputs that it names`, () => {
      const text = read(join(JOBS, query));
      const inputs = loadedBy(`${job}Inputs`).map((path) => named(path).Name);
      assert.deepEqual(inputs.toSorted(), aliases(text, 'FROM'));
      const outputs = loadedBy(`${job}Outputs`).map((path) => named(path).Name);
      assert.deepEqual(outputs.toSorted(), aliases(text, 'INTO'));
      assert.ok(main.includes(`loadTextContent('../stream-analytics/${query}')`));
    });
  }

  it('give the switched-on Power BI query its outputs', () => {
    const outputs = loadedBy('powerBiOutputs').map((path) => named(path).Name);
    assert.deepEqual(
      outputs.toSorted(),
      aliases(read(join(JOBS, 'options/power-bi.asaql')), 'INTO'),
    );
  });

  it('know every kind of output that the project has', () => {
    const job = read(join(SERVICES, 'stream-analytics-job.bicep'));
    const folders = ['Outputs', 'options'].map((folder) => join(JOBS, folder));
    const paths = folders.flatMap((folder) =>
      readdirSync(folder).map((name) => join(folder, name)),
    );
    for (const path of paths.filter((one) => one.endsWith('.json'))) {
      assert.ok(job.includes(`DataSourceType == '${named(path).DataSourceType}'`), path);
    }
  });

  it('read only properties that each file of their kind has', () => {
    const job = read(join(SERVICES, 'stream-analytics-job.bicep'));
    const loops = job.matchAll(/DataSourceType == '([^']+)'\) \{([\s\S]*?)\n\}\]/g);
    for (const [, kind = '', body = ''] of loops) {
      assert.match(body, /target\.Name/);
      const wanted = [...body.matchAll(/target\.([\w.]+)/g)].map(([, path]) => path ?? '');
      for (const variable of [
        'hotPathOutputs',
        'coldPathOutputs',
        'alertsOutputs',
        'powerBiOutputs',
      ]) {
        for (const path of loadedBy(variable)) {
          const content: unknown = JSON.parse(read(path));
          if (named(path).DataSourceType !== kind) continue;
          for (const property of wanted) {
            assert.notEqual(at(content, property), undefined, `${path}: ${property}`);
          }
        }
      }
    }
  });

  it('give each input a consumer group, with the name of a policy that the hub has', () => {
    const Input = z.object({
      IoTHubProperties: z.object({
        ConsumerGroupName: z.string(),
        SharedAccessPolicyName: z.string(),
      }),
    });
    const paths = JOB_FILES.flatMap(({ job }) => loadedBy(`${job}Inputs`));
    const inputs = paths.map((path) => Input.parse(JSON.parse(read(path))).IoTHubProperties);
    const groups = inputs.map(({ ConsumerGroupName: name }) => name);
    assert.equal(new Set(groups).size, groups.length);
    const [builtIn] = EVENT_HUBS;
    assert.deepEqual(groups.toSorted(), builtIn?.consumerGroups.slice(1).toSorted());
    const hub = read(join(SERVICES, 'iot-hub.bicep'));
    for (const { SharedAccessPolicyName: policy } of inputs) {
      assert.ok(hub.includes(`keyName: '${policy}'\n        rights: 'ServiceConnect'`), policy);
    }
  });

  it('make the container that the archive is written to', () => {
    const Archive = z.object({ BlobStorageProperties: z.object({ Container: z.string() }) });
    const { Container: container } = Archive.parse(
      JSON.parse(read(join(JOBS, 'Outputs/Archive.json'))),
    ).BlobStorageProperties;
    assert.ok(read(join(SERVICES, 'storage.bicep')).includes(`name: '${container}'`));
    assert.ok(read(join(SERVICES, 'access.bicep')).includes(`name: '${container}'`));
  });

  it('use every setting of JobConfig.json that is one of the service', () => {
    const job = read(join(SERVICES, 'stream-analytics-job.bicep'));
    const config = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(read(join(JOBS, 'JobConfig.json'))));
    const ownWay = `ScriptType UseSystemAssignedIdentity GlobalStorage Tags Sku CustomCodeStorage
      VirtualNetworkConfiguration DataSourceCredentialDomain`.split(/\s+/);
    for (const name of Object.keys(config)) {
      if (!ownWay.includes(name)) assert.ok(job.includes(`config.${name}`), name);
    }
    assert.ok(job.includes('config.Sku.Name'));
  });
});

function at(content: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    const record = z.record(z.string(), z.unknown()).safeParse(value);
    return record.success ? record.data[key] : undefined;
  }, content);
}

describe('the templates and the event hubs', () => {
  it('make the hubs and consumer groups that the local namespace has', () => {
    const source = read(join(SERVICES, 'event-hubs.bicep'));
    const block = /^var hubs = \[\n([\s\S]*?)^\]/m.exec(source)?.[1] ?? '';
    const hubs = [...block.matchAll(/name: '([\w-]+)'\n +consumerGroups: \[([\s\S]*?)\]/g)];
    const made = hubs.map(([, name, groups = '']) => ({
      name,
      groups: [...groups.matchAll(/'([\w-]+)'/g)].map(([, group]) => group ?? '').toSorted(),
    }));
    const local = EVENT_HUBS.slice(1).map(({ name, consumerGroups }) => ({
      name,
      groups: consumerGroups.filter((group) => group !== '$Default').toSorted(),
    }));
    assert.deepEqual(made, local);
  });
});

describe('the templates and the database', () => {
  it('give identities roles that the migrations make', () => {
    const migrations = 'cloud/sql/migrations';
    const sql = readdirSync(migrations)
      .map((name) => read(join(migrations, name)))
      .join('\n');
    const roles = [...main.matchAll(/role: '(\w+)'/g)].map(([, role]) => role ?? '');
    assert.equal(roles.length, 4);
    for (const role of roles) assert.match(sql, new RegExp(`ROLE \\[?${role}\\b`), role);
  });
});

describe('the sizes of the environments', () => {
  for (const environment of ['lab', 'fleet']) {
    const sizes = readSizes(`cloud/infra/environments/${environment}.json`);

    it(`are enough for the meters of ${environment}, and within its budget`, () => {
      assert.deepEqual(hubShortfalls(sizes.iotHub, trafficOf(sizes.workload)), []);
      assert.ok(total(estimate(sizes)) <= sizes.budget.monthlyUsd);
    });

    it(`let the jobs of ${environment} run on whole nodes, as many as divide its partitions`, () => {
      for (const units of Object.values(sizes.jobs)) {
        assert.ok(units === 3 || units === 7 || units % 10 === 0, `${units}`);
        if (units >= 10) assert.equal(sizes.iotHub.partitions % (units / 10), 0);
      }
    });
  }

  it('are those of the project for ten meters', () => {
    const Config = z.object({ Sku: z.object({ StreamingUnits: z.literal('1/3') }) });
    Config.parse(JSON.parse(read(join(JOBS, 'JobConfig.json'))));
    // A third of a unit is 3 in the template's figures.
    const { jobs } = readSizes('cloud/infra/environments/lab.json');
    assert.deepEqual([...new Set(Object.values(jobs))], [3]);
  });

  it('cost what the README says', () => {
    const rows = read('cloud/infra/README.md').matchAll(
      /^\| \*{0,2}([A-Z]\w[\w ]*?|together)\*{0,2} +\| +([^|]*?) +\| +([^|]*?) +\|$/gm,
    );
    const figures = new Map([...rows].map(([, name = '', ...cells]) => [name, cells.map(figure)]));
    const [lab, fleet] = ['lab', 'fleet'].map((environment) =>
      estimate(readSizes(`cloud/infra/environments/${environment}.json`)),
    );
    assert.ok(lab && fleet);
    for (const { service, monthlyUsd } of fleet) {
      const inLab: number = lab.find((line) => line.service === service)?.monthlyUsd ?? 0;
      assert.deepEqual(figures.get(service), [Math.round(inLab), Math.round(monthlyUsd)], service);
    }
    assert.deepEqual(figures.get('together'), [Math.round(total(lab)), Math.round(total(fleet))]);
  });
});

/** A number in a table; nothing is nought. */
function figure(cell: string): number {
  return Number(cell.replaceAll(/[*,]/g, '').trim());
}
