/** The app registration of the dashboard: found, made, bound to its identity, removed. */
import {
  createEnterpriseApplication,
  createRegistration,
  deleteRegistration,
  deleteTrust,
  findRegistration,
  listTrust,
  nameRegistration,
  purgeRegistration,
  TRUST_NAME,
  trustIdentity,
} from './core/sign-in-commands.ts';
import { Registration, Registrations, Trusts } from './answers.ts';
import type { Session } from './session.ts';
import type { z } from 'zod';

type Registration = z.infer<typeof Registration>;

/** The registration, when it is there. The name is ours alone: it ends in the suffix. */
async function found({ az, names }: Session): Promise<Registration | undefined> {
  const registrations = await az.ask(findRegistration(names.dashboard), Registrations);
  return registrations.find(({ name }) => name === names.dashboard);
}

/** The client id that people sign in with; makes the registration when it is missing. */
export async function ensureRegistration(session: Session): Promise<string> {
  const present = await found(session);
  if (present !== undefined) return present.appId;
  const { az, names, say } = session;
  say(`Making the app registration ${names.dashboard} …`);
  const { appId } = await az.ask(createRegistration(names.dashboard), Registration);
  await az.run(nameRegistration(appId));
  await az.run(createEnterpriseApplication(appId));
  return appId;
}

/** Lets the dashboard's identity stand for the registration. */
export async function ensureTrust(
  session: Session,
  appId: string,
  principalId: string,
): Promise<void> {
  const { az, tenantId } = session;
  const trusts = await az.ask(listTrust(appId), Trusts);
  const present = trusts.find(({ name }) => name === TRUST_NAME);
  if (present?.subject === principalId) return;
  // The identity was made anew: trust in the one that is gone is worth nothing.
  if (present !== undefined) await az.run(deleteTrust(appId));
  await az.run(trustIdentity(appId, tenantId, principalId));
}

/** Removes the registration for good. */
export async function removeRegistration(session: Session): Promise<boolean> {
  const present = await found(session);
  if (present === undefined) return false;
  const { az, say } = session;
  say(`Removing the app registration ${present.name} …`);
  await az.run(deleteRegistration(present.appId));
  await az.run(purgeRegistration(present.id));
  return true;
}
