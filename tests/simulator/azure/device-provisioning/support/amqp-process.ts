/** Starts `amqp-device.ts` and asks it to register devices. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestAzure } from '../../../../support/azure.ts';
import type { DeviceCertificate } from '../../../../support/certificates.ts';
import type { newKeys } from '../../../../support/known-tpm.ts';

/** Who registers, and how it proves itself. */
export type AmqpIdentity = { readonly registrationId: string } & (
  | { readonly key: string }
  | { readonly x509: DeviceCertificate }
  | { readonly tpm: ReturnType<typeof newKeys> }
);

export interface AmqpRequest {
  readonly host: string;
  readonly idScope: string;
  readonly identity: AmqpIdentity;
}

export interface AmqpAnswer {
  readonly result?: Record<string, unknown>;
  /** What the TPM was left with, base64. */
  readonly identityKey?: string;
  readonly error?: { readonly name: string; readonly message?: string };
}

export class AmqpProcess {
  readonly #child: ChildProcess;
  readonly #azure: TestAzure;

  private constructor(child: ChildProcess, azure: TestAzure) {
    this.#child = child;
    this.#azure = azure;
  }

  static async start(azure: TestAzure): Promise<AmqpProcess> {
    const script = fileURLToPath(new URL('amqp-device.ts', import.meta.url));
    const child = fork(script, {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: azure.certificates.caFile },
    });
    await once(child, 'message');
    return new AmqpProcess(child, azure);
  }

  async register(identity: AmqpIdentity): Promise<AmqpAnswer> {
    const { idScope, ports } = this.#azure.settings;
    const answer = once(this.#child, 'message');
    this.#child.send({ host: `localhost:${ports.deviceProvisioningAmqp}`, idScope, identity });
    const [received] = (await answer) as [AmqpAnswer];
    return received;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    this.#child.kill();
    await exit;
  }
}
