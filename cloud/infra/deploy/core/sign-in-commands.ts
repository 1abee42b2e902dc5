/**
 * The app registration that people sign in to the dashboard with. It has no secret: it trusts the
 * managed identity of the dashboard.
 *
 * Source: learn.microsoft.com/azure/app-service/configure-authentication-provider-aad
 */
import type { AzCommand } from './az-command.ts';

/** Name of the trust in the dashboard's identity. */
export const TRUST_NAME = 'dashboard-identity';

/** Registrations of that name; display names are not unique. */
export function findRegistration(name: string): AzCommand {
  return {
    args: [
      ['ad', 'app', 'list', '--display-name', name],
      ['--query', '[].{id:id,appId:appId,name:displayName}'],
    ].flat(),
  };
}

/** Only people of this tenant; App Service is where they come back to. */
export function createRegistration(name: string): AzCommand {
  const callback = `https://${name}.azurewebsites.net/.auth/login/aad/callback`;
  return {
    args: [
      ['ad', 'app', 'create', '--display-name', name, '--sign-in-audience', 'AzureADMyOrg'],
      ['--web-redirect-uris', callback, '--enable-id-token-issuance', 'true'],
      ['--query', '{id:id,appId:appId,name:displayName}'],
    ].flat(),
  };
}

export function nameRegistration(appId: string): AzCommand {
  const args = ['ad', 'app', 'update', '--id', appId, '--identifier-uris', `api://${appId}`];
  return { args, output: 'none' };
}

/** What people of the tenant see and consent to. */
export function createEnterpriseApplication(appId: string): AzCommand {
  return { args: ['ad', 'sp', 'create', '--id', appId], output: 'none' };
}

export function listTrust(appId: string): AzCommand {
  return {
    args: [
      'ad',
      'app',
      'federated-credential',
      'list',
      '--id',
      appId,
      '--query',
      '[].{name:name,subject:subject}',
    ],
  };
}

export function deleteTrust(appId: string): AzCommand {
  const named = ['--federated-credential-id', TRUST_NAME];
  return {
    args: ['ad', 'app', 'federated-credential', 'delete', '--id', appId, ...named],
    output: 'none',
  };
}

/** Lets the managed identity speak for the registration, in place of a secret. */
export function trustIdentity(appId: string, tenantId: string, principalId: string): AzCommand {
  return {
    args: ['ad', 'app', 'federated-credential', 'create', '--id', appId],
    file: {
      flag: '--parameters',
      content: {
        name: TRUST_NAME,
        issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
        subject: principalId,
        audiences: ['api://AzureADTokenExchange'],
      },
    },
    output: 'none',
  };
}

export function deleteRegistration(appId: string): AzCommand {
  return { args: ['ad', 'app', 'delete', '--id', appId], output: 'none' };
}

/** Removes a removed registration for good. */
export function purgeRegistration(objectId: string): AzCommand {
  const url = `https://graph.microsoft.com/v1.0/directory/deletedItems/${objectId}`;
  return { args: ['rest', '--method', 'delete', '--url', url], output: 'none' };
}
