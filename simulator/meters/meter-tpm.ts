/**
 * The TPM of a meter: it registers with it, and signs in to the hub with the key that stays in it.
 *
 * The TPM is opened for each piece of work and let go of again, so that others can use it too and a
 * TPM that went away and came back is found again.
 */
import { signSasTokenWith } from '../wire/sas-token.ts';
import type { TpmConnection } from '../tpm/tpm-connection.ts';
import { withTpm } from '../tpm/tpm-security.ts';
import type { Credentials } from './credentials.ts';
import { registerWithTpm, type TpmRegistration } from './tpm-provisioning.ts';

/** What an operator needs to enroll a TPM. */
export interface TpmIdentity {
  readonly registrationId: string;
  /** TPM2B_PUBLIC, base64. */
  readonly endorsementKey: string;
}

/** How long a token for the hub is good, as the SDK's own. */
const TOKEN_SECONDS = 3_600;

export class MeterTpm {
  readonly #open: () => Promise<TpmConnection>;

  constructor(open: () => Promise<TpmConnection>) {
    this.#open = open;
  }

  /** @throws TpmError */
  identity(): Promise<TpmIdentity> {
    return withTpm(this.#open, async (tpm) => ({
      registrationId: await tpm.registrationId(),
      endorsementKey: (await tpm.endorsementKey()).toString('base64'),
    }));
  }

  /** @throws TpmError, RegistrationError */
  register(registration: TpmRegistration): Promise<Credentials> {
    return withTpm(this.#open, (tpm) => registerWithTpm(tpm, registration));
  }

  /** A token for `resource` that the TPM signs. @throws TpmError */
  signToken(resource: string): Promise<string> {
    const expirySeconds = Math.floor(Date.now() / 1000) + TOKEN_SECONDS;
    return withTpm(this.#open, (tpm) =>
      signSasTokenWith({ resource, expirySeconds, sign: (text) => tpm.sign(text) }),
    );
  }
}
