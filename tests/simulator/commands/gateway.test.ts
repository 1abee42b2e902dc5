import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { makeCertificates } from '../../../simulator/commands/gateway/certificates.ts';
import { adoptChild, childCommands } from '../../../simulator/commands/gateway/child.ts';
import { gatewayConfig, writeConfig } from '../../../simulator/commands/gateway/config.ts';
import { configToml } from '../../../simulator/commands/gateway/config-toml.ts';
import { deriveDeviceKey } from '../../../simulator/wire/sas-token.ts';

const GROUP_KEY = Buffer.alloc(64, 5).toString('base64');
const WORDS = {
  'id-scope': '0ne00A1B2C3',
  'registration-id': 'gateway-01',
  hostname: 'gateway-01.local',
};

describe('npm run gateway', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const written = (words: Record<string, string>, environment: NodeJS.ProcessEnv = {}) => {
    const out = join(folder, 'config.toml');
    writeConfig({ ...WORDS, out, ...words }, environment);
    const text = readFileSync(out, 'utf8');
    // By way of JSON: the library's tables have no prototype.
    const toml = JSON.parse(JSON.stringify(parse(text))) as Record<string, unknown>;
    return { out, text, toml };
  };

  describe('config', () => {
    it("writes a gateway's own key, derived from that of the group, into a file of its owner", () => {
      const keyFile = join(folder, 'group.key');
      writeFileSync(keyFile, `${GROUP_KEY}\n`);

      const { out, text, toml } = written({
        attestation: 'symmetric-key',
        'group-key-file': keyFile,
      });

      assert.deepEqual(toml['provisioning'], {
        source: 'dps',
        global_endpoint: 'https://global.azure-devices-provisioning.net',
        id_scope: '0ne00A1B2C3',
        attestation: {
          method: 'symmetric_key',
          registration_id: 'gateway-01',
          symmetric_key: { value: deriveDeviceKey(GROUP_KEY, 'gateway-01') },
        },
      });
      assert.ok(!text.includes(GROUP_KEY));
      assert.equal(statSync(out).mode & 0o777, 0o600);
    });

    it("takes the key from the environment, or the device's own as it is", () => {
      const fromGroup = written(
        { attestation: 'symmetric-key' },
        { ENROLLMENT_GROUP_KEY: GROUP_KEY },
      );
      assert.ok(fromGroup.text.includes(deriveDeviceKey(GROUP_KEY, 'gateway-01')));
      const keyFile = join(folder, 'own.key');
      writeFileSync(keyFile, GROUP_KEY);
      const own = written({ attestation: 'symmetric-key', 'device-key-file': keyFile });
      assert.ok(own.text.includes(GROUP_KEY));
    });

    it('says what to do when the cloud would not take it for a gateway by its name', () => {
      const said = (id: string) =>
        writeConfig(
          { ...WORDS, attestation: 'tpm', 'registration-id': id, out: join(folder, 'c.toml') },
          {},
        );
      assert.match(said('attic-01'), /must begin with "gateway"/);
      assert.doesNotMatch(said('gateway-01'), /must begin/);
    });

    it('writes X.509 with the files of certificates, and TPM with none', () => {
      const x509 = written({ attestation: 'x509' }).toml;
      assert.deepEqual(provisioning(x509)['attestation'], {
        method: 'x509',
        registration_id: 'gateway-01',
        identity_cert: 'file:///var/aziot/certs/gateway-01.pem',
        identity_pk: 'file:///var/aziot/secrets/gateway-01.key.pem',
      });
      assert.deepEqual(x509['edge_ca'], {
        cert: 'file:///var/aziot/certs/edge-ca.pem',
        pk: 'file:///var/aziot/secrets/edge-ca.key.pem',
      });
      const tpm = written({ attestation: 'tpm', 'no-certificates': 'true' }).toml;
      assert.deepEqual(provisioning(tpm)['attestation'], {
        method: 'tpm',
        registration_id: 'gateway-01',
      });
      assert.equal(tpm['edge_ca'], undefined);
      assert.equal(tpm['trust_bundle_cert'], undefined);
    });

    const provisioning = (toml: Record<string, unknown>) =>
      toml['provisioning'] as Record<string, unknown>;

    it('names what belongs to the whole device before any section, as IoT Edge reads it', () => {
      const { text } = written({ attestation: 'tpm', 'parent-hostname': 'above.local' });
      const firstSection = text.indexOf('\n[');
      for (const name of ['hostname', 'parent_hostname', 'trust_bundle_cert']) {
        const at = text.indexOf(`\n${name} = `);
        assert.ok(at > 0 && at < firstSection, name);
      }
    });

    it('begins with edgeAgent 1.6, or the version that is asked for', () => {
      const image = (words: Record<string, string>) =>
        gatewayConfig({ ...WORDS, attestation: 'tpm', ...words }, {}).agent.config.image;
      assert.equal(image({}), 'mcr.microsoft.com/azureiotedge-agent:1.6');
      assert.equal(image({ 'edge-version': '1.5' }), 'mcr.microsoft.com/azureiotedge-agent:1.5');
    });

    it('refuses words that it cannot use, by name, and never repeats a key', () => {
      const badKey = join(folder, 'bad.key');
      writeFileSync(badKey, 'not a key!');
      const cases: [Record<string, string>, RegExp][] = [
        [{ attestation: 'password' }, /--attestation takes symmetric-key, x509 or tpm/],
        [{ attestation: 'tpm', 'id-scope': 'lab' }, /--id-scope takes an ID scope such as/],
        [{ attestation: 'tpm', 'registration-id': 'a b' }, /--registration-id takes/],
        [{ attestation: 'tpm', hostname: 'under_score' }, /--hostname takes a host name/],
        [{ attestation: 'tpm', hostname: 'x'.repeat(65) }, /--hostname takes a host name/],
        [{ attestation: 'tpm', 'edge-version': 'latest' }, /--edge-version takes/],
        [{ attestation: 'tpm', 'edge-ca-cert': 'edge.pem' }, /--edge-ca-cert takes an absolute/],
        [{ attestation: 'tpm', 'global-endpoint': 'ftp://x' }, /global_endpoint/],
        [{ attestation: 'symmetric-key' }, /A key is missing.*--group-key-file/],
        [{ attestation: 'symmetric-key', 'group-key-file': '/no/such' }, /cannot be read/],
        [{ attestation: 'symmetric-key', 'group-key-file': badKey }, /holds no key/],
      ];
      for (const [words, reason] of cases) {
        assert.throws(
          () => written(words),
          (error: Error) => {
            assert.match(error.message, reason);
            assert.ok(!error.message.includes('not a key!'));
            return true;
          },
        );
      }
      assert.ok(!existsSync(join(folder, 'config.toml')));
    });

    it('writes TOML that is read back the same, whatever the words', () => {
      const base = gatewayConfig({ ...WORDS, attestation: 'tpm' }, {});
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), (text) => {
          const config = { ...base, hostname: text };
          assert.equal(parse(configToml(config))['hostname'], text);
        }),
      );
    });
  });

  describe('certificates', () => {
    const read = (name: string) => new X509Certificate(readFileSync(join(folder, name)));

    it('makes an edge CA and device certificates that the root vouches for', async () => {
      await makeCertificates({ out: folder, gateway: 'gateway-01', device: 'gateway-01,Meter01' });

      const root = read('root-ca.pem');
      assert.ok(root.ca && root.verify(root.publicKey));
      const edge = read('edge-ca.pem');
      assert.ok(edge.ca && edge.checkIssued(root) && edge.verify(root.publicKey));
      assert.ok(!edge.subject.includes('gateway-01.local'));
      for (const name of ['gateway-01', 'Meter01']) {
        const device = read(`${name}.pem`);
        assert.equal(device.subject, `CN=${name}`);
        assert.ok(!device.ca && device.verify(root.publicKey));
        assert.equal(statSync(join(folder, `${name}.key.pem`)).mode & 0o777, 0o600);
      }
      const bundle = readFileSync(join(folder, 'trust-bundle.pem'), 'utf8');
      assert.equal(bundle, readFileSync(join(folder, 'root-ca.pem'), 'utf8'));
      assert.ok(!bundle.includes('PRIVATE'));
    });

    it('uses the root that is there, and replaces nothing', async () => {
      await makeCertificates({ out: folder, gateway: 'gateway-01' });
      const before = readFileSync(join(folder, 'root-ca.pem'), 'utf8');

      await makeCertificates({ out: folder, device: 'Meter02' });

      assert.equal(readFileSync(join(folder, 'root-ca.pem'), 'utf8'), before);
      assert.ok(read('Meter02.pem').verify(read('root-ca.pem').publicKey));
      await assert.rejects(
        makeCertificates({ out: folder, gateway: 'gateway-01' }),
        /there already/,
      );
      await assert.rejects(makeCertificates({ out: folder, device: 'Meter02' }), /there already/);
      rmSync(join(folder, 'root-ca.key.pem'));
      await assert.rejects(makeCertificates({ out: folder, device: 'Meter03' }), /is missing/);
    });

    it('refuses a name that would leave the folder, and a lifetime that is none', async () => {
      await assert.rejects(makeCertificates({ out: folder, device: '../x' }), /--device takes/);
      await assert.rejects(
        makeCertificates({ out: folder, device: 'x', days: '0' }),
        /--days takes/,
      );
    });
  });

  describe('child', () => {
    const child = { meter: "O'Meter01", gateway: 'gateway-01', hub: 'lab-hub.azure-devices.net' };

    it('prints what one types to make a meter a child', async () => {
      const text = await adoptChild(child);
      const command =
        "az iot hub device-identity parent set --device-id 'O'\\''Meter01' --parent-device-id gateway-01 --hub-name lab-hub";
      assert.equal(text.split('\n')[0], command);
      assert.match(text, /;GatewayHostName=/);
    });

    it('says which word is missing', () => {
      const { hub: _hub, ...words } = child;
      assert.throws(() => childCommands(words), /--hub is missing/);
    });

    it('says where az comes from when it is not there', async () => {
      const path = process.env['PATH'];
      process.env['PATH'] = folder;
      try {
        await assert.rejects(adoptChild({ ...child, run: 'true' }), /az command line is missing/);
      } finally {
        process.env['PATH'] = path;
      }
    });
  });
});
