/** `npm run proof`. */
import { fileURLToPath } from 'node:url';
import { parseProofOptions, PROOF_HELP } from './options.ts';
import { proofReport } from './report.ts';
import { runProof } from './run-proof.ts';

/** The compiled file lies in dist/simulator/proof/. */
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

process.exitCode = await prove().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

async function prove(): Promise<number> {
  const options = parseProofOptions(process.argv.slice(2), process.cwd());
  if (options.help) {
    process.stdout.write(PROOF_HELP);
    return 0;
  }
  const startedAt = performance.now();
  const say = (text: string) => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6);
    if (!options.json) process.stdout.write(`${seconds} s  ${text}\n`);
  };
  const result = await runProof(options, { projectFolder, say });
  const text = options.json ? JSON.stringify(result, null, 2) : proofReport(result);
  process.stdout.write(`${text}\n`);
  return result.verdict === 'passed' ? 0 : 1;
}
