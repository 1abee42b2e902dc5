/** `npm run proof`. */
import { fileURLToPath } from 'node:url';
import { parseProofOptions, PROOF_HELP } from './options.ts';
import { runProofCommand } from './proof-command.ts';
import { proofReport } from './report.ts';
import { runProof } from './run-proof.ts';

/** The compiled file lies in dist/simulator/proof/. */
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

const proof = { help: PROOF_HELP, parse: parseProofOptions, run: runProof, report: proofReport };
process.exitCode = await runProofCommand(proof, projectFolder);
