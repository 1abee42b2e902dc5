/** A TPM in software, for machines without one. */
import { runLocalProcess } from '../wire/local-process.ts';
import { startSoftwareTpm } from './software/software-tpm.ts';

await runLocalProcess('tpm', (context) =>
  // The supervisor starts both again.
  startSoftwareTpm(context, () => process.exit(1)),
);
