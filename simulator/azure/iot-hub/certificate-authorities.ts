/** Authorities whose certificates devices may bring, as `az iot hub certificate create` adds them. */
import { X509Certificate } from 'node:crypto';
import type { Database } from '../../wire/database.ts';
import { IotHubError } from './iot-hub-error.ts';

/** A certificate by the name it was uploaded under. */
export interface CertificateAuthority {
  readonly name: string;
  readonly pem: string;
}

export class CertificateAuthorities {
  readonly #database: Database;
  #certificates: readonly X509Certificate[];

  constructor(database: Database) {
    this.#database = database;
    this.#certificates = this.#read();
  }

  /** All that are trusted. */
  get certificates(): readonly X509Certificate[] {
    return this.#certificates;
  }

  list(): CertificateAuthority[] {
    return this.#database
      .prepare('SELECT name, pem FROM certificate_authorities ORDER BY name')
      .all() as CertificateAuthority[];
  }

  /**
   * Trusts an authority from now on.
   *
   * @throws IotHubError ArgumentInvalid when the text is not the certificate of an authority
   */
  put(name: string, pem: string): void {
    requireAuthority(name, pem);
    this.#database
      .prepare('INSERT OR REPLACE INTO certificate_authorities VALUES (?, ?)')
      .run(name, pem);
    this.#certificates = this.#read();
  }

  /** Trusts an authority no more; connections that it vouched for stay until they end. */
  remove(name: string): void {
    this.#database.prepare('DELETE FROM certificate_authorities WHERE name = ?').run(name);
    this.#certificates = this.#read();
  }

  #read(): X509Certificate[] {
    return this.list().map(({ pem }) => new X509Certificate(pem));
  }
}

function requireAuthority(name: string, pem: string): void {
  let isAuthority: boolean;
  try {
    isAuthority = new X509Certificate(pem).ca;
  } catch {
    throw new IotHubError('ArgumentInvalid', `'${name}' is not a certificate in PEM form.`);
  }
  if (isAuthority) return;
  throw new IotHubError('ArgumentInvalid', `'${name}' is not the certificate of an authority.`);
}
