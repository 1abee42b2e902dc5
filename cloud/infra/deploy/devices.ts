/** Enrollment groups, and the deployment that every gateway takes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  createEnrollmentGroup,
  deleteEdgeDeployment,
  EDGE_DEPLOYMENT_PREFIX,
  ENROLLMENT_GROUPS,
  listEdgeDeployments,
  putEdgeDeployment,
  showEnrollmentGroup,
} from './core/device-commands.ts';
import { EdgeDeployments } from './answers.ts';
import { AzError } from './az.ts';
import { UsageError } from './options.ts';
import type { Session } from './session.ts';
import { retry, type Sleep } from './wait.ts';

/** Roles take minutes to be in force; until then the services say that they do not know us. */
const PATIENCE = { everyMs: 15_000, limitMs: 10 * 60_000 };

/** Makes the groups that are missing. */
export async function ensureEnrollmentGroups(
  session: Session,
  host: string,
  sleep: Sleep,
): Promise<void> {
  const { az, say, options } = session;
  for (const group of ENROLLMENT_GROUPS) {
    const isThere = await retry(
      () => exists(session, host, group.id),
      isForbidden,
      PATIENCE,
      sleep,
    );
    if (isThere) continue;
    say(`Making the enrollment group ${group.id} …`);
    await az.run(createEnrollmentGroup(host, group, options.environment));
  }
}

async function exists({ az }: Session, host: string, id: string): Promise<boolean> {
  try {
    await az.run(showEnrollmentGroup(host, id));
    return true;
  } catch (error) {
    if (error instanceof AzError && /404|not found/i.test(error.message)) return false;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof AzError && /\b40[13]\b|unauthorized|forbidden/i.test(error.message);
}

const Manifest = z.object({ modulesContent: z.record(z.string(), z.unknown()) });

/**
 * Reads a deployment manifest.
 *
 * @throws UsageError when it is none, or still a template
 */
export function readManifest(path: string): unknown {
  let content: unknown;
  const text = readText(path);
  try {
    content = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not JSON.`);
  }
  const parsed = Manifest.safeParse(content);
  if (!parsed.success)
    throw new UsageError(`${path} is no deployment manifest: modulesContent is missing.`);
  if (/\$\{[A-Z]/.test(text)) {
    throw new UsageError(`${path} is still a template: \`npm run manifest\` puts the images in.`);
  }
  return parsed.data.modulesContent;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}

/** Gives the gateways the manifest; a deployment never changes, so a new one takes precedence and the older ones go. */
export async function deployToGateways(
  session: Session,
  host: string,
  modulesContent: unknown,
  sleep: Sleep,
): Promise<void> {
  const { az, say } = session;
  const digest = createHash('sha256').update(JSON.stringify(modulesContent)).digest('hex');
  const id = `${EDGE_DEPLOYMENT_PREFIX}${digest.slice(0, 12)}`;
  const list = (): Promise<z.infer<typeof EdgeDeployments>> =>
    az.ask(listEdgeDeployments(host), EdgeDeployments);
  const all = await retry(list, isForbidden, PATIENCE, sleep);
  const ours = all.filter((deployment) => deployment.id.startsWith(EDGE_DEPLOYMENT_PREFIX));
  const present = ours.find((deployment) => deployment.id === id);
  const others = all.filter((deployment) => deployment.id !== id);
  const highest = Math.max(9, ...others.map((deployment) => deployment.priority));
  // One that is there and not in force is gone back to.
  if (present === undefined || present.priority <= highest) {
    say(`Deploying ${id} to the gateways …`);
    const deployment = { id, priority: highest + 1, modulesContent };
    await az.run(putEdgeDeployment(host, deployment, present !== undefined));
  }
  // One is kept, to go back to by removing the new one.
  const older = ours.filter((deployment) => deployment.id !== id);
  const removed = older.toSorted((a, b) => b.priority - a.priority).slice(1);
  for (const deployment of removed) await az.run(deleteEdgeDeployment(host, deployment.id));
}
