/**
 * What is asked of the az command line.
 *
 * Invariants:
 * - arguments hold no secret: every user of the machine can list them. Secrets go into the
 *   environment, bodies into files that only this user can read.
 */

/** One call of az. */
export interface AzCommand {
  /** Without `az` itself and without `--output`. */
  readonly args: readonly string[];
  /** Written to a file and passed as `<flag> @<file>`. */
  readonly file?: { readonly flag: '--body' | '--parameters'; readonly content: unknown };
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `none` when the answer does not matter or must not be read; otherwise JSON. */
  readonly output?: 'json' | 'none';
}

/** Where everything goes. */
export interface Target {
  readonly subscriptionId: string;
  readonly group: string;
  readonly location: string;
}

/** A call of Azure's management interface, whose address names the subscription. */
export function management(
  { subscriptionId }: Pick<Target, 'subscriptionId'>,
  method: 'get' | 'post' | 'put' | 'delete',
  path: string,
  content?: unknown,
): AzCommand {
  const url = `https://management.azure.com/subscriptions/${subscriptionId}/${path}`;
  const args = ['rest', '--method', method, '--url', url];
  return content === undefined ? { args } : { args, file: { flag: '--body', content } };
}

/** Resource id of something in the group. */
export function resourceId({ subscriptionId, group }: Target, type: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/${type}/${name}`;
}

/** `--subscription`, for the commands that take it. */
export function inSubscription({ subscriptionId }: Pick<Target, 'subscriptionId'>): string[] {
  return ['--subscription', subscriptionId];
}
