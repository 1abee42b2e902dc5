/** `npm run tpm -- --show | --enroll | --provision`: this machine's TPM, or the local system's. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keepConnected } from '../meters/device-client.ts';
import type { Credentials } from '../meters/credentials.ts';
import { MeterTpm, type TpmIdentity } from '../meters/meter-tpm.ts';
import { openTpm, preferredTpm } from '../tpm/open-tpm.ts';
import { certificateFile } from '../wire/certificates.ts';
import { controlClient } from '../wire/control-api.ts';
import { readSettings, type Settings } from '../wire/settings.ts';

const USAGE = `npm run tpm -- --show | --enroll | --provision   [options]

  --show          registration id and endorsement key, and the az command that enrolls them
  --enroll        enrolls the TPM at the local Device Provisioning
  --provision     registers the TPM, signs in to the hub it is given and sends one message

  --device-id ID  the device that the TPM becomes (the registration id)
  --id-scope ID   register in Azure, in this ID scope, instead of locally
  --host NAME     host name of Device Provisioning in Azure (global.azure-devices-provisioning.net)
  --state FOLDER  of the local system (.local)

Uses /dev/tpmrm0 where there is one, else the TPM in software of: npm start -- --tpm`;

const GLOBAL_HOST = 'global.azure-devices-provisioning.net';
const DEFAULT_TPM_PORT = 2323;
const ANSWER_DEADLINE_MS = 30_000;

interface Options {
  readonly deviceId: string | undefined;
  readonly idScope: string | undefined;
  readonly host: string;
  /** Of the local system, when it was ever started. */
  readonly settings: Settings | undefined;
}

try {
  process.stdout.write(`${await run()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(): Promise<string> {
  const { values } = parseArgs({
    options: {
      show: { type: 'boolean', default: false },
      enroll: { type: 'boolean', default: false },
      provision: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      'device-id': { type: 'string' },
      'id-scope': { type: 'string' },
      host: { type: 'string', default: GLOBAL_HOST },
      state: { type: 'string', default: '.local' },
    },
  });
  if (values.help) return USAGE;
  const file = resolve(values.state, 'settings.json');
  const settings = existsSync(file) ? readSettings(file) : undefined;
  const options: Options = {
    deviceId: values['device-id'],
    idScope: values['id-scope'],
    host: values.host,
    settings,
  };
  const kind = settings?.meters.tpm ?? preferredTpm();
  const tpm = new MeterTpm(() => openTpm(kind, settings?.ports.tpm ?? DEFAULT_TPM_PORT));
  if (values.enroll) return enroll(tpm, options);
  if (values.provision) return provision(tpm, options);
  if (values.show) return show(await tpm.identity(), options);
  throw new Error(`Usage: ${USAGE}`);
}

function show({ registrationId, endorsementKey }: TpmIdentity, { deviceId }: Options): string {
  return [
    `registration id   ${registrationId}`,
    `endorsement key   ${endorsementKey}`,
    '',
    'To enroll this TPM in Azure:',
    '',
    'az iot dps enrollment create --dps-name <name> --resource-group <group> \\',
    '  --attestation-type tpm \\',
    `  --enrollment-id ${registrationId} \\`,
    `  --device-id ${deviceId ?? '<device id, such as Meter10>'} \\`,
    `  --endorsement-key ${endorsementKey}`,
  ].join('\n');
}

async function enroll(tpm: MeterTpm, { deviceId, settings }: Options): Promise<string> {
  const identity = await tpm.identity();
  const { registrationId } = identity;
  const body = { ...identity, ...(deviceId === undefined ? {} : { deviceId }) };
  await controlClient(local(settings), 'azure').post('/enrollments', body);
  return `The TPM ${registrationId} is enrolled as ${deviceId ?? registrationId}.`;
}

async function provision(tpm: MeterTpm, options: Options): Promise<string> {
  const { idScope, host } = options;
  const isAzure = idScope !== undefined;
  const settings = isAzure ? undefined : local(options.settings);
  const caPem = settings && readFileSync(certificateFile(settings), 'utf8');
  const where =
    settings === undefined
      ? { idScope: idScope ?? '', host, port: 443 }
      : {
          idScope: settings.idScope,
          host: 'localhost',
          port: settings.ports.deviceProvisioningHttps,
        };
  const trust = caPem === undefined ? {} : { caPem };
  const credentials = await tpm.register({ ...where, ...trust });
  const gatewayHost =
    settings === undefined ? credentials.assignedHub : `localhost:${settings.ports.iotHubMqtt}`;
  await sendOne(tpm, credentials, { gatewayHost, ...trust });
  const { deviceId, assignedHub } = credentials;
  return `The TPM is ${deviceId} at ${assignedHub} now, and the hub has acknowledged a message.`;
}

/** Signs in with the key that is in the TPM and waits for one acknowledgement. */
async function sendOne(
  tpm: MeterTpm,
  credentials: Credentials,
  target: { gatewayHost: string; caPem?: string },
): Promise<void> {
  const time = new Date().toISOString();
  const body = JSON.stringify({ id: credentials.deviceId, time, temp: 70, seq: 0 });
  let client: { stop(): Promise<void> } | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((done, fail) => {
      timer = setTimeout(() => fail(new Error('The hub did not answer.')), ANSWER_DEADLINE_MS);
      client = keepConnected({
        ...target,
        credentials,
        signToken: (resource) => tpm.signToken(resource),
        onConnected: (connection) =>
          void connection.send({ messageId: time, body }).then(done, fail),
        onLost: (reason) => fail(new Error(reason.replace('; trying again.', '.'))),
      });
    });
  } finally {
    clearTimeout(timer);
    await client?.stop();
  }
}

function local(settings: Settings | undefined): Settings {
  if (settings !== undefined) return settings;
  throw new Error(
    'There is no local system: start it with npm start -- --tpm, or name --id-scope.',
  );
}
