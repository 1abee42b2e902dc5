/** The project form that the Stream Analytics extension for Visual Studio Code writes and opens. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const FOLDER = fileURLToPath(new URL('../../cloud/stream-analytics', import.meta.url));
const read = (file: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8'));

const Nothing = z.null();
const Input = z.strictObject({
  Name: z.string(),
  Type: z.literal('Data Stream'),
  DataSourceType: z.literal('IoT Hub'),
  IoTHubProperties: z.strictObject({
    IotHubNamespace: z.string(),
    Endpoint: z.literal('messages/events'),
    SharedAccessPolicyName: z.literal('service'),
    SharedAccessPolicyKey: Nothing,
    ConsumerGroupName: z.string(),
  }),
  DataSourceCredentialDomain: Nothing,
  Serialization: z.strictObject({ Type: z.literal('Json'), Encoding: z.literal('UTF8') }),
  PartitionKey: Nothing,
  CompressionType: z.literal('None'),
  ScriptType: z.literal('Input'),
});

const common = {
  Name: z.string(),
  DataSourceCredentialDomain: Nothing,
  ScriptType: z.literal('Output'),
};
const Identity = z.literal('Msi');
const EventHub = z.strictObject({
  ...common,
  DataSourceType: z.literal('Event Hub'),
  EventHubProperties: z.strictObject({
    ServiceBusNamespace: z.string(),
    EventHubName: z.string(),
    SharedAccessPolicyName: Nothing,
    SharedAccessPolicyKey: Nothing,
    AuthenticationMode: Identity,
    PartitionKey: z.literal('PartitionId'),
    PropertyColumns: z.array(z.never()),
  }),
  Serialization: z.strictObject({
    Type: z.literal('Json'),
    Encoding: z.literal('UTF8'),
    Format: z.literal('LineSeparated'),
  }),
});
const Blob = z.strictObject({
  ...common,
  DataSourceType: z.literal('Blob Storage'),
  BlobStorageProperties: z.strictObject({
    StorageAccounts: z.array(z.strictObject({ AccountName: z.string(), AccountKey: Nothing })),
    Container: z.string(),
    PathPattern: z.string(),
    DateFormat: z.string(),
    TimeFormat: z.string(),
    AuthenticationMode: Identity,
    BlobWriteMode: z.literal('Append'),
  }),
  Serialization: z.strictObject({
    Type: z.literal('Csv'),
    Encoding: z.literal('UTF8'),
    FieldDelimiter: z.literal(','),
  }),
  MinimumRows: Nothing,
  MaximumTime: Nothing,
});
const Sql = z.strictObject({
  ...common,
  DataSourceType: z.literal('SQL Database'),
  SQLDatabaseProperties: z.strictObject({
    Database: z.string(),
    Server: z.string(),
    User: Nothing,
    Password: Nothing,
    Table: z.string().regex(/^\[dbo\]\.\[\w+\]$/),
    // One writer for each partition.
    MaxWriterCount: z.literal(0),
    MaxBatchCount: z.int().min(1).max(10_000),
    AuthenticationMode: Identity,
  }),
});
const PowerBi = z.strictObject({
  ...common,
  DataSourceType: z.literal('Power BI'),
  PowerBIProperties: z.strictObject({
    GroupName: z.string(),
    GroupId: z.guid(),
    Dataset: z.string(),
    Table: z.string(),
    AuthenticationMode: Identity,
  }),
});
const Output = z.discriminatedUnion('DataSourceType', [EventHub, Blob, Sql, PowerBi]);

const Configuration = z.object({
  filePath: z.string(),
  subType: z.enum(['JobConfig', 'Input', 'Output']),
});
const Project = z.strictObject({
  name: z.string(),
  startFile: z.string(),
  configurations: z.array(Configuration),
});

describe('the Stream Analytics project', () => {
  const project = Project.parse(read('asaproj.json'));
  const files = (kind: string) =>
    project.configurations
      .filter(({ subType }) => subType === kind)
      .map(({ filePath }) => filePath);

  it('names every file there is, and no other', () => {
    for (const [kind, folder] of [
      ['Input', 'Inputs'],
      ['Output', 'Outputs'],
    ] as const) {
      const there = readdirSync(`${FOLDER}/${folder}`).map((name) => `${folder}/${name}`);
      assert.deepEqual(files(kind).toSorted(), there.toSorted());
    }
    assert.ok(existsSync(`${FOLDER}/${project.startFile}`));
  });

  it('has inputs and outputs in the extension’s form, with identities and without keys', () => {
    for (const file of files('Input')) Input.parse(read(file));
    const options = readdirSync(`${FOLDER}/options`).filter((name) => name.endsWith('.json'));
    for (const file of [...files('Output'), ...options.map((name) => `options/${name}`)]) {
      Output.parse(read(file));
    }
  });

  it('is for a third of a unit, at compatibility level 1.2, with its policies said', () => {
    const [file = ''] = files('JobConfig');
    const config = z
      .looseObject({ Sku: z.unknown(), CompatibilityLevel: z.unknown() })
      .parse(read(file));
    assert.deepEqual(config.Sku, { Name: 'StandardV2', StreamingUnits: '1/3' });
    assert.equal(config.CompatibilityLevel, '1.2');
    assert.equal(config['UseSystemAssignedIdentity'], true);
    assert.equal(config['OutputErrorPolicy'], 'Retry');
  });

  it('selects no * and casts nothing that may not be what it should', () => {
    for (const name of ['hot-path', 'cold-path', 'alerts', 'options/power-bi']) {
      const query = readFileSync(`${FOLDER}/${name}.asaql`, 'utf8').replaceAll(/--.*/g, '');
      assert.doesNotMatch(query, /SELECT\s+(\w+\.)?\*/i);
      const casts = [...query.matchAll(/(?<!_)\bCAST\((\w+)/gi)].map(([, what]) => what);
      const sure = new Set(['GetRecordPropertyValue', 'DATEPART']);
      for (const what of casts) assert.ok(sure.has(what ?? ''), `${name}: CAST(${what}`);
    }
  });
});
