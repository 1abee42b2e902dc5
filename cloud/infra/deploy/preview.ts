/** Azure's own preview of what `up` would change in a group that is there. */
import { findRegistration } from './core/sign-in-commands.ts';
import { whatIf } from './core/group-commands.ts';
import { Changes, Registrations } from './answers.ts';
import type { Session } from './session.ts';
import { templateRun } from './template-run.ts';

/** Stands for an app registration that is not there yet. */
const NO_REGISTRATION = '00000000-0000-0000-0000-000000000000';

/** Says how many resources would be made, changed or left. */
export async function preview(session: Session, now: Date): Promise<void> {
  const { az, say, target, names } = session;
  const registrations = await az.ask(findRegistration(names.dashboard), Registrations);
  const run = await templateRun(session, registrations[0]?.appId ?? NO_REGISTRATION, now);
  const { changes } = await az.ask(whatIf(target, run), Changes);
  const counts = new Map<string, number>();
  for (const { changeType } of changes) counts.set(changeType, (counts.get(changeType) ?? 0) + 1);
  const words = [...counts].map(([type, number]) => `${type} ${number}`);
  say(`Azure's preview (what-if): ${words.join(', ') || 'no change'}`);
}
