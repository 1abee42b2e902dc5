/** What other parts of the local Azure may do with the hub. */
import type { CertificateAuthorities } from './certificate-authorities.ts';
import type { DirectMethods } from './direct-methods.ts';
import type { Identities } from './identities.ts';
import type { IdentityStore } from './identity-store.ts';
import type { Sessions } from './sessions.ts';
import type { Twins } from './twins.ts';

export interface IotHub {
  readonly hostName: string;
  readonly store: IdentityStore;
  readonly identities: Identities;
  readonly authorities: CertificateAuthorities;
  readonly twins: Twins;
  readonly sessions: Sessions;
  readonly methods: DirectMethods;
}
