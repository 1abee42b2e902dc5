/** Stream Analytics jobs: a job has to stand still while its query or its inputs change. */
import { management, type AzCommand, type Target } from './az-command.ts';

const API = 'api-version=2021-10-01-preview';

function jobPath({ group }: Target, name: string): string {
  return `resourceGroups/${group}/providers/Microsoft.StreamAnalytics/streamingjobs/${name}`;
}

export function showJob(target: Target, name: string): AzCommand {
  return management(target, 'get', `${jobPath(target, name)}?${API}`);
}

export function stopJob(target: Target, name: string): AzCommand {
  return { ...management(target, 'post', `${jobPath(target, name)}/stop?${API}`), output: 'none' };
}

/** Starts a job where it stopped; a job that never ran begins with what arrives from now on. */
export function startJob(target: Target, name: string, hasRun: boolean): AzCommand {
  const outputStartMode = hasRun ? 'LastOutputEventTime' : 'JobStartTime';
  const path = `${jobPath(target, name)}/start?${API}`;
  return { ...management(target, 'post', path, { outputStartMode }), output: 'none' };
}
