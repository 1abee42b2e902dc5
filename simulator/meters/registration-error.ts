/** A refused or failed registration; the message says why in one sentence. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  readonly code = 'REGISTRATION';
}
