// Azure SQL: averages, anomalies and incidents. Nobody has a password: Entra ID only.
// The tables come from cloud/sql/migrations, the users from `npm run deploy -- up`.

@description('Name of the logical server, unique in Azure.')
param name string

@description('Name of the database.')
param databaseName string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Name of the tier\'s size, for example Basic, S3 or HS_Gen5.')
param skuName string

@description('Tier.')
param skuTier string

@description('DTUs or vCores.')
param capacity int

@description('Largest size of the database in gigabytes; 0 where the tier has none (Hyperscale).')
param maximumGb int

@description('Spread the database over availability zones.')
param zoneRedundant bool

@description('Object id of who may administer the database.')
param administratorObjectId string

@description('Name of who may administer the database.')
param administratorName string

@description('User, Group or Application.')
param administratorType string

@description('Subnets that may reach the server.')
param subnetIds array

@description('Log Analytics workspace.')
param workspaceId string

var auditedActions = [
  'SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP'
  'FAILED_DATABASE_AUTHENTICATION_GROUP'
  'DATABASE_ROLE_MEMBER_CHANGE_GROUP'
  'DATABASE_PERMISSION_CHANGE_GROUP'
  'SCHEMA_OBJECT_CHANGE_GROUP'
]

resource server 'Microsoft.Sql/servers@2023-08-01' = {
  // checkov:skip=CKV_AZURE_113: Stream Analytics has no network of its own to come from; Entra ID decides who comes in.
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    version: '12.0'
    minimalTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
    administrators: {
      administratorType: 'ActiveDirectory'
      azureADOnlyAuthentication: true
      login: administratorName
      sid: administratorObjectId
      principalType: administratorType
      tenantId: tenant().tenantId
    }
  }
}

// Stream Analytics jobs outside a cluster have no network of their own: this lets addresses of Azure
// knock, and only identities that the database knows come in.
resource azureAddresses 'Microsoft.Sql/servers/firewallRules@2023-08-01' = {
  parent: server
  name: 'AllowAllWindowsAzureIps'
  properties: {
    startIpAddress: '0.0.0.0'
    endIpAddress: '0.0.0.0'
  }
}

resource subnets 'Microsoft.Sql/servers/virtualNetworkRules@2023-08-01' = [for (id, index) in subnetIds: {
  parent: server
  name: 'subnet-${index}'
  properties: {
    virtualNetworkSubnetId: id
    ignoreMissingVnetServiceEndpoint: false
  }
}]

resource database 'Microsoft.Sql/servers/databases@2023-08-01' = {
  // checkov:skip=CKV_AZURE_229: zones are a size (environments/*.json): on in the fleet, and the Basic tier has none.
  // checkov:skip=CKV_AZURE_26: Microsoft Defender for SQL is bought for a subscription; its alerts are Defender's.
  // checkov:skip=CKV_AZURE_27: as above: its alerts are Defender's.
  parent: server
  name: databaseName
  location: location
  tags: tags
  sku: {
    name: skuName
    tier: skuTier
    capacity: capacity
  }
  properties: {
    collation: 'SQL_Latin1_General_CP1_CI_AS'
    zoneRedundant: zoneRedundant
    requestedBackupStorageRedundancy: 'Local'
    maxSizeBytes: maximumGb == 0 ? null : maximumGb * 1073741824
  }
}

resource auditing 'Microsoft.Sql/servers/auditingSettings@2023-08-01' = {
  parent: server
  name: 'default'
  properties: {
    state: 'Enabled'
    isAzureMonitorTargetEnabled: true
    retentionDays: 90
    auditActionsAndGroups: auditedActions
  }
}

// The server's setting holds for its databases; said again for whoever looks at this one alone, with the
// same actions: the default is every statement, and the jobs' are many.
resource databaseAuditing 'Microsoft.Sql/servers/databases/auditingSettings@2023-08-01' = {
  parent: database
  name: 'default'
  properties: {
    state: 'Enabled'
    isAzureMonitorTargetEnabled: true
    retentionDays: 90
    auditActionsAndGroups: auditedActions
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: database
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        // Without it auditing to Azure Monitor goes nowhere.
        category: 'SQLSecurityAuditEvents'
        enabled: true
      }
      {
        category: 'Errors'
        enabled: true
      }
      {
        category: 'Timeouts'
        enabled: true
      }
      {
        category: 'Deadlocks'
        enabled: true
      }
      {
        category: 'Blocks'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Basic'
        enabled: true
      }
    ]
  }
}

output id string = server.id
output name string = server.name
output hostName string = server.properties.fullyQualifiedDomainName
output databaseName string = database.name
