// The Function app on Flex Consumption: it costs by the second that it runs, lives in our network
// and knows no key: host storage, triggers and mails go by its identity.

@description('Name of the app, unique in Azure.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Memory of an instance: 512, 2048 or 4096 MB.')
param instanceMemoryMb int

@description('Most instances at a time.')
param maximumInstances int

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Subnet of the app.')
param subnetId string

@description('Storage account of the app.')
param storageName string

@description('Container that holds the app\'s code.')
param packagesUrl string

@description('Host name of the namespace of the event hubs.')
param eventHubsHostName string

@description('Application Insights.')
param insightsName string

@description('Sites as JSON.')
param sitesJson string

@description('Who gets mails when a site does not say otherwise, separated by commas.')
param alertRecipients string

@description('Address of the dashboard, linked to from each mail.')
param dashboardUrl string

@description('communication-services, smtp or logic-app.')
param mailTransport string

@description('Sender of the mails.')
param mailFrom string

@description('Address of Communication Services.')
param communicationEndpoint string

@description('Host of the SMTP server.')
param smtpHost string

@description('Host name of the SQL server that incidents are kept in.')
param sqlHostName string

@description('Database with the incidents.')
param databaseName string

@description('User at the SMTP server.')
param smtpUser string

@description('Address of the vault with the secrets.')
param vaultUri string

@description('Log Analytics workspace.')
param workspaceId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// Of the host and its triggers: cloud/function/src/functions names them.
var hostSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  ALERTS_CONNECTION__fullyQualifiedNamespace: eventHubsHostName
  ALERTS_CONNECTION__credential: 'managedidentity'
  ALERTS_CONNECTION__clientId: identityClientId
  ALERTS_HUB: 'alerts'
  ALERTS_CONSUMER_GROUP: 'function'
  HOT_PATH_HUB: 'hot-path'
  HOT_PATH_CONSUMER_GROUP: 'function'
  SEND_MAILS_SCHEDULE: '*/5 * * * * *'
  AZURE_CLIENT_ID: identityClientId
}

var secrets = '${vaultUri}secrets'

// What cloud/function/src/env.ts requires, or cannot guess: a test compares them. A setting that the
// chosen transport does not need is empty.
var ownSettings = {
  INCIDENTS_STORAGE: 'https://${storageName}.table.${az.environment().suffixes.storage}'
  SITES: sitesJson
  MAIL_TO: alertRecipients
  MAIL_FROM: mailFrom
  MAIL_TRANSPORT: mailTransport
  COMMUNICATION_ENDPOINT: mailTransport == 'communication-services' ? communicationEndpoint : ''
  SMTP_HOST: smtpHost
  SMTP_USER: smtpUser
  SMTP_PASSWORD: empty(smtpUser) ? '' : '@Microsoft.KeyVault(SecretUri=${secrets}/smtp-password)'
  LOGIC_APP_URL: mailTransport == 'logic-app' ? '@Microsoft.KeyVault(SecretUri=${secrets}/logic-app-url)' : ''
  ACKNOWLEDGE_KEY: '@Microsoft.KeyVault(SecretUri=${secrets}/acknowledge-key)'
  SQL_SERVER: sqlHostName
  SQL_DATABASE: databaseName
  DASHBOARD_URL: dashboardUrl
}

var settings = [for setting in items(union(hostSettings, ownSettings)): {
  name: setting.key
  value: setting.value
}]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  // checkov:skip=CKV_AZURE_225: Flex Consumption brings up an instance anew when one is lost, and events wait in the event hub.
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  // checkov:skip=CKV_AZURE_222: people open the acknowledge links of their mails; each is signed.
  // checkov:skip=CKV_AZURE_17: as above: the links are signed, and nothing else is served.
  // checkov:skip=CKV_AZURE_212: Flex Consumption makes the instances that it needs.
  // checkov:skip=CKV_AZURE_213: the host of Flex Consumption watches its instances by itself.
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
      appSettings: concat(settings, [
        {
          // An address: keys are switched off, the app logs as its identity.
          name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
          value: insights.properties.ConnectionString
        }
        {
          name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
          value: 'ClientId=${identityClientId};Authorization=AAD'
        }
      ])
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: '22'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMb
        maximumInstanceCount: maximumInstances
      }
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
