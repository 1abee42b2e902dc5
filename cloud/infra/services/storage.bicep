// Two storage accounts: the archive, with folders as real directories (hierarchical namespace) for
// Spark; and what the Function app keeps, in an account of its own, because the Functions host owns
// the whole account and an archive should not be in it.

@description('Name of the account with the archive.')
param archiveName string

@description('Name of the account of the Function app.')
param functionName string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Standard_LRS, Standard_ZRS, …')
param redundancy string

@description('Days after which archived readings move to the cool tier.')
param coolAfterDays int

@description('Subnets that may reach the archive: those of Databricks.')
param archiveSubnetIds array

@description('Resources that may reach the archive by their identity: the cold path\'s job and the access connector of Databricks.')
param archiveReaders array

@description('Address ranges that may reach the archive, for example your own for `npm run cold-path -- --from`.')
param allowedIpRanges array

@description('Subnet of the Function app.')
param functionSubnetId string

@description('Log Analytics workspace.')
param workspaceId string

resource archive 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  // checkov:skip=CKV_AZURE_59: reachable for the cold path, Databricks and named addresses only; the default is to refuse.
  // checkov:skip=CKV_AZURE_206: redundancy is a size (environments/*.json).
  // checkov:skip=CKV_AZURE_43: the name is a parameter: main.bicep builds it from lower-case letters and digits.
  name: archiveName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    isHnsEnabled: true
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: [for id in archiveSubnetIds: {
        id: id
        action: 'Allow'
      }]
      ipRules: [for range in allowedIpRanges: {
        value: range
        action: 'Allow'
      }]
      resourceAccessRules: [for id in archiveReaders: {
        tenantId: tenant().tenantId
        resourceId: id
      }]
    }
  }
}

resource archiveBlobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: archive
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource archiveContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: archiveBlobs
  name: 'archive'
  properties: {
    publicAccess: 'None'
  }
}

// What the notebook makes of it. The archive itself stays as it was written.
resource tablesContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: archiveBlobs
  name: 'tables'
  properties: {
    publicAccess: 'None'
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: archive
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'old-readings-are-cool'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                'archive/readings/'
              ]
            }
            actions: {
              baseBlob: {
                tierToCool: {
                  daysAfterModificationGreaterThan: coolAfterDays
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource function 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  // checkov:skip=CKV_AZURE_59: reachable from one subnet only; the default is to refuse.
  // checkov:skip=CKV_AZURE_206: redundancy is a size (environments/*.json).
  // checkov:skip=CKV_AZURE_43: the name is a parameter: main.bicep builds it from lower-case letters and digits.
  name: functionName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: [
        {
          id: functionSubnetId
          action: 'Allow'
        }
      ]
    }
  }
}

resource functionBlobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: function
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

// The Function app's code, as `npm run deploy -- up` uploads it.
resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: functionBlobs
  name: 'packages'
  properties: {
    publicAccess: 'None'
  }
}

resource functionQueues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: function
  name: 'default'
}

resource functionTables 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: function
  name: 'default'
}

resource archiveDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: archiveBlobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: functionQueues
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: functionBlobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: functionTables
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

output archiveId string = archive.id
output archiveName string = archive.name
output functionId string = function.id
output functionName string = function.name
output packagesUrl string = '${function.properties.primaryEndpoints.blob}packages'
