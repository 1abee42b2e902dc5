/**
 * Decides who a connecting device or module is: by the key that signed its token, or by the
 * certificate of its TLS connection.
 *
 * Source: learn.microsoft.com/azure/iot-hub/authenticate-authorize-sas and authenticate-authorize-x509.
 */
import {
  commonNameOf,
  hasThumbprint,
  isInForce,
  verifyChain,
  type ClientCertificate,
} from '../../wire/client-certificate.ts';
import {
  identityId,
  identityResource,
  parseMqttUsername,
  type IdentityName,
} from '../../wire/identity-name.ts';
import type { MqttConnect } from '../../wire/mqtt-front/types.ts';
import { parseSasToken, verifySasToken } from '../../wire/sas-token.ts';
import type { CertificateAuthorities } from './certificate-authorities.ts';
import type { AuthenticationType, Identity } from './identity.ts';
import type { IdentityStore } from './identity-store.ts';

/** A client that proved who it is. */
export interface Login {
  readonly name: IdentityName;
  readonly generationId: string;
  readonly authentication: AuthenticationType;
  /** When its token or its certificate expires. */
  readonly expiresMs: number;
}

export interface LoginParts {
  readonly hostName: string;
  readonly store: IdentityStore;
  readonly authorities: CertificateAuthorities;
}

/** A refusal is a value: its reason goes to the log, the client sees a return code. */
export type LoginResult = Login | { readonly refusal: string };

export function logIn(parts: LoginParts, request: MqttConnect): LoginResult {
  const { clientId, username, password, certificate } = request;
  const user = parseMqttUsername(username);
  if (user === undefined) return { refusal: 'the user name is malformed' };
  const { hostName, ...name } = user;
  if (identityId(name) !== clientId) return { refusal: 'the client id is not the user name' };
  if (hostName !== parts.hostName) return { refusal: `the user name names another hub` };
  const identity = parts.store.find(name);
  if (identity === undefined) return { refusal: 'no such identity' };
  const device = parts.store.find({ deviceId: name.deviceId });
  if (!identity.enabled || device?.enabled !== true) return { refusal: 'disabled' };
  const proven =
    password === '' && certificate !== undefined
      ? byCertificate(parts, identity, certificate)
      : byToken(parts, identity, password);
  if ('refusal' in proven) return proven;
  const { generationId, authentication } = identity;
  return { name, generationId, authentication, ...proven };
}

type Proven = { readonly expiresMs: number } | { readonly refusal: string };

function byToken({ hostName }: LoginParts, identity: Identity, password: string): Proven {
  const token = parseSasToken(password);
  if (token === undefined) return { refusal: 'the password is not a SAS token' };
  if (token.resource !== identityResource(hostName, identity)) {
    return { refusal: 'the token is for another resource' };
  }
  if (identity.authentication !== 'sas') return { refusal: 'the device has no keys' };
  const keys = [identity.primaryKey, identity.secondaryKey];
  const verdict = verifySasToken(token, keys, Date.now());
  return verdict.valid ? { expiresMs: token.expirySeconds * 1000 } : { refusal: verdict.reason };
}

function byCertificate(
  { authorities }: LoginParts,
  identity: Identity,
  certificate: ClientCertificate,
): Proven {
  const { leaf } = certificate;
  const nowMs = Date.now();
  const proven = { expiresMs: Date.parse(leaf.validTo) };
  switch (identity.authentication) {
    case 'sas':
      return { refusal: 'the device has keys, not a certificate' };
    case 'selfSigned': {
      const known = [identity.primaryThumbprint, identity.secondaryThumbprint];
      if (!known.some((thumbprint) => thumbprint !== null && hasThumbprint(leaf, thumbprint))) {
        return { refusal: 'the certificate has another thumbprint' };
      }
      return isInForce(leaf, nowMs) ? proven : { refusal: 'the certificate is not in force' };
    }
    case 'certificateAuthority': {
      if (commonNameOf(leaf) !== identity.deviceId) {
        return { refusal: 'the common name of the certificate is not the device id' };
      }
      const verdict = verifyChain(certificate, authorities.certificates, nowMs);
      return verdict.valid ? proven : { refusal: verdict.reason };
    }
  }
}
