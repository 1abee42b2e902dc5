/** What the templates are told beside the sizes. */
import { randomBytes } from 'node:crypto';
import { listBudgets, showSecret, type TemplateRun } from './core/group-commands.ts';
import { Budgets } from './answers.ts';
import { AzError } from './az.ts';
import { UsageError } from './options.ts';
import type { Session } from './session.ts';

/** The deployment of an environment; its outputs are found under this name. */
export function deploymentName(environment: string): string {
  return `iot-end-to-end-${environment}`;
}

/**
 * The run of the templates.
 *
 * @throws UsageError when nobody could be told of anything
 */
export async function templateRun(
  session: Session,
  dashboardClientId: string,
  now: Date,
): Promise<TemplateRun> {
  const { options, files, suffix, deployer } = session;
  const operatorMail = options.operatorMail ?? deployer.name;
  if (!operatorMail.includes('@')) {
    throw new UsageError('Say who is told of lag, losses and costs: --operator <address>.');
  }
  return {
    name: deploymentName(options.environment),
    template: files.template,
    parameters: files.parameters,
    environment: {
      IOT_SUFFIX: suffix,
      IOT_DEPLOYER_OBJECT_ID: deployer.objectId,
      IOT_DEPLOYER_NAME: deployer.name,
      IOT_DEPLOYER_TYPE: deployer.type,
      IOT_OPERATOR_MAIL: operatorMail,
      IOT_ALERT_RECIPIENTS: options.alertRecipients ?? operatorMail,
      IOT_DASHBOARD_CLIENT_ID: dashboardClientId,
      IOT_ACKNOWLEDGE_KEY: await acknowledgeKey(session),
      IOT_BUDGET_START: await budgetStart(session, now),
    },
  };
}

/** A new key the first time; later none, which keeps the one in the vault, and with it the links in old mails. */
async function acknowledgeKey({ az, target, names, group }: Session): Promise<string> {
  if (group === undefined) return newKey();
  try {
    await az.run(showSecret(target, names.vault, 'acknowledge-key'));
    return '';
  } catch (error) {
    if (error instanceof AzError && /404|NotFound|not found/i.test(error.message)) return newKey();
    throw error;
  }
}

function newKey(): string {
  return randomBytes(32).toString('base64url');
}

/** A budget keeps the month that it began in. */
async function budgetStart({ az, target, names, group }: Session, now: Date): Promise<string> {
  const budgets = group === undefined ? [] : (await az.ask(listBudgets(target), Budgets)).value;
  const present = budgets.find(({ name }) => name === names.budget);
  return (present?.properties.timePeriod.startDate ?? `${now.toISOString().slice(0, 7)}-01`).slice(
    0,
    10,
  );
}
