// The dashboard on App Service. The service itself signs people in with Entra ID before a request
// reaches the code (built-in authentication), without a secret: the app registration trusts this
// app's managed identity.

@description('Name of the app, unique in Azure.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Size of the plan, for example B1 or P1v3.')
param skuName string

@description('How many instances.')
param instances int

@description('Spread the instances over availability zones (from P1v3 on, at least two instances).')
param zoneRedundant bool

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Subnet of the app.')
param subnetId string

@description('Application (client) id of the app registration that people sign in to.')
param registrationClientId string

@description('Host name of the namespace of the event hubs.')
param eventHubsHostName string

@description('Host name of the SQL server.')
param sqlHostName string

@description('Database with 24 hours of history.')
param databaseName string

@description('Log Analytics workspace.')
param workspaceId string

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  // checkov:skip=CKV_AZURE_225: zones are a size (environments/*.json): on in the fleet, and the lab has one small instance.
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'linux'
  sku: {
    name: skuName
    capacity: instances
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  // checkov:skip=CKV_AZURE_222: people open it in a browser; nobody comes in without signing in.
  // checkov:skip=CKV_AZURE_17: people sign in with Entra ID and have no certificates.
  // checkov:skip=CKV_AZURE_212: instances are a size (environments/*.json).
  name: name
  location: location
  tags: tags
  kind: 'app,linux'
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
    clientAffinityEnabled: false
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      vnetRouteAllEnabled: true
      linuxFxVersion: 'NODE|22-lts'
      appCommandLine: 'node main.mjs'
      alwaysOn: true
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      healthCheckPath: '/health'
      appSettings: [
        {
          name: 'HOT_PATH_NAMESPACE'
          value: eventHubsHostName
        }
        {
          name: 'HOT_PATH_HUB'
          value: 'hot-path'
        }
        {
          name: 'ALERTS_NAMESPACE'
          value: eventHubsHostName
        }
        {
          name: 'ALERTS_HUB'
          value: 'alerts'
        }
        {
          name: 'CONSUMER_GROUP'
          value: 'dashboard'
        }
        {
          name: 'SQL_SERVER'
          value: sqlHostName
        }
        {
          name: 'SQL_DATABASE'
          value: databaseName
        }
        {
          name: 'HOST'
          value: '0.0.0.0'
        }
        {
          name: 'PORT'
          value: '8080'
        }
        {
          name: 'AZURE_CLIENT_ID'
          value: identityClientId
        }
        {
          name: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          value: identityClientId
        }
        {
          name: 'SCM_DO_BUILD_DURING_DEPLOYMENT'
          value: 'false'
        }
      ]
    }
  }
}

// Nobody comes in without signing in, and nobody at all as long as there is no app registration.
resource signIn 'Microsoft.Web/sites/config@2024-11-01' = {
  // checkov:skip=CKV_AZURE_13: this resource holds the sign-in settings only; the app has the rest.
  // checkov:skip=CKV_AZURE_63: this resource holds the sign-in settings only; the app has the rest.
  // checkov:skip=CKV_AZURE_65: this resource holds the sign-in settings only; the app has the rest.
  // checkov:skip=CKV_AZURE_66: this resource holds the sign-in settings only; the app has the rest.
  // checkov:skip=CKV_AZURE_80: this resource holds the sign-in settings only; the app has the rest.
  // checkov:skip=CKV_AZURE_88: this resource holds the sign-in settings only; the app has the rest.
  // checkov:skip=CKV_AZURE_222: this resource holds the sign-in settings only; the app has the rest.
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: [
        '/health'
      ]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          openIdIssuer: '${az.environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          clientId: registrationClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: {
          allowedAudiences: [
            'api://${registrationClientId}'
          ]
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
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
        category: 'AppServiceHTTPLogs'
        enabled: true
      }
      {
        category: 'AppServiceConsoleLogs'
        enabled: true
      }
      {
        category: 'AppServicePlatformLogs'
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
