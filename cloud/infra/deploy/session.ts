/** Who deploys what where: found out once, before anything is made. */
import {
  azVersion,
  MINIMUM_AZ,
  servicePrincipal,
  showAccount,
  signedInUser,
} from './core/account-commands.ts';
import type { Target } from './core/az-command.ts';
import { groupExists, showGroup } from './core/group-commands.ts';
import { defaultGroup, resourceNames, suffixFor, type ResourceNames } from './core/names.ts';
import { isOurs, type Tags } from './core/tags.ts';
import { Account, Group, Principal, Version } from './answers.ts';
import { type Az, AzError } from './az.ts';
import type { EnvironmentFiles } from './environment-files.ts';
import type { Options } from './options.ts';
import { z } from 'zod';

/** Whoever is signed in. */
export interface Deployer {
  readonly objectId: string;
  readonly name: string;
  readonly type: 'User' | 'ServicePrincipal';
}

/** The resource group, when it is there. */
export interface FoundGroup {
  readonly tags: Tags;
  /** `up` made it, for this environment. */
  readonly ours: boolean;
}

/** What all four commands need to know. */
export interface Session {
  readonly az: Az;
  readonly options: Options;
  readonly files: EnvironmentFiles;
  readonly say: (line: string) => void;
  readonly subscriptionName: string;
  readonly tenantId: string;
  readonly deployer: Deployer;
  readonly target: Target;
  readonly suffix: string;
  readonly names: ResourceNames;
  readonly group: FoundGroup | undefined;
}

/** What a session is made from. */
export type SessionParts = Pick<Session, 'az' | 'options' | 'files' | 'say'>;

/**
 * Finds out.
 *
 * @throws AzError when az is missing, too old, or nobody is signed in
 */
export async function openSession(parts: SessionParts): Promise<Session> {
  const { az, options } = parts;
  requireVersion(await az.ask(azVersion, Version));
  const account = await az.ask(showAccount(options.subscription), Account);
  if (account.state !== undefined && account.state !== 'Enabled') {
    throw new AzError('AZ_SIGN_IN', `The subscription ${account.name} is ${account.state}.`);
  }
  const group = options.group ?? defaultGroup(options.environment);
  const target = { subscriptionId: account.id, group, location: options.location };
  const suffix = suffixFor(account.id, group);
  const found = await findGroup(az, target, options.environment);
  return {
    ...parts,
    subscriptionName: account.name,
    tenantId: account.tenantId,
    deployer: await findDeployer(az, account),
    // A group that is there has a region of its own; what is made goes where the group is.
    target: found === undefined ? target : { ...target, location: found.location },
    suffix,
    names: resourceNames({ environment: options.environment, suffix }),
    group: found,
  };
}

function requireVersion(version: z.infer<typeof Version>): void {
  const text = version['azure-cli'];
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_AZ;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  const wanted = MINIMUM_AZ.join('.');
  throw new AzError('AZ_MISSING', `az ${text} is too old: \`az upgrade\` to ${wanted} or newer.`);
}

async function findGroup(
  az: Az,
  target: Target,
  environment: string,
): Promise<(FoundGroup & { location: string }) | undefined> {
  if (!(await az.ask(groupExists(target), z.boolean()))) return undefined;
  const { tags, location } = await az.ask(showGroup(target), Group);
  return { tags, location, ours: isOurs(tags, environment) };
}

async function findDeployer(az: Az, { user }: z.infer<typeof Account>): Promise<Deployer> {
  if (user.type === 'user') {
    const { id, name } = await az.ask(signedInUser, Principal);
    return { objectId: id, name: name ?? user.name, type: 'User' };
  }
  const { id, name } = await az.ask(servicePrincipal(user.name), Principal);
  return { objectId: id, name: name ?? user.name, type: 'ServicePrincipal' };
}
