// Who may do what: every role assignment of the system, each on the smallest thing that will do.

@description('Hub.')
param hubName string

@description('Device Provisioning.')
param provisioningName string

@description('Namespace of the event hubs.')
param eventHubsName string

@description('Storage account of the archive.')
param archiveName string

@description('Storage account of the Function app.')
param functionStorageName string

@description('Vault.')
param vaultName string

@description('Communication Services.')
param communicationName string

@description('Application Insights.')
param insightsName string

@description('Job that writes averages.')
param hotPathJobPrincipalId string

@description('Job that writes the archive.')
param coldPathJobPrincipalId string

@description('Job that writes anomalies.')
param alertsJobPrincipalId string

@description('The Function app.')
param functionPrincipalId string

@description('The dashboard.')
param dashboardPrincipalId string

@description('The access connector of Databricks; empty when there is none.')
param databricksPrincipalId string

@description('Who deploys: makes enrollment groups and the deployment of the gateways.')
param deployerObjectId string

@description('User, Group or ServicePrincipal.')
param deployerType string

var roles = {
  eventHubsReceiver: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde')
  eventHubsSender: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2b629674-e913-4c01-ae53-ef4638d8f975')
  blobContributor: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
  blobOwner: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')
  blobReader: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')
  queueContributor: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')
  tableContributor: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3')
  secretsUser: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
  metricsPublisher: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
  emailOwner: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '09976791-48a7-449e-bb21-39d1a415f350')
  hubData: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4fc6c259-987e-4a07-842e-c321cc9d413f')
  provisioningData: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'dfce44e4-17b7-4bd1-a6d1-04996ec95633')
}

var functionStorageRoles = [
  roles.blobOwner
  roles.queueContributor
  roles.tableContributor
]

var hubReaders = [
  functionPrincipalId
  dashboardPrincipalId
]

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hubName
}

resource provisioning 'Microsoft.Devices/provisioningServices@2022-12-12' existing = {
  name: provisioningName
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: eventHubsName
}

resource hotPath 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  parent: eventHubs
  name: 'hot-path'
}

resource alerts 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  parent: eventHubs
  name: 'alerts'
}

resource archive 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: archiveName
}

resource archiveBlobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: archive
  name: 'default'
}

resource archiveContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: archiveBlobs
  name: 'archive'
}

resource tablesContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: archiveBlobs
  name: 'tables'
}

resource functionStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: functionStorageName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' existing = {
  name: communicationName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource hotPathJobSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hotPath.id, hotPathJobPrincipalId, roles.eventHubsSender)
  scope: hotPath
  properties: {
    roleDefinitionId: roles.eventHubsSender
    principalId: hotPathJobPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource alertsJobSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(alerts.id, alertsJobPrincipalId, roles.eventHubsSender)
  scope: alerts
  properties: {
    roleDefinitionId: roles.eventHubsSender
    principalId: alertsJobPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource coldPathJobArchives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(archiveContainer.id, coldPathJobPrincipalId, roles.blobContributor)
  scope: archiveContainer
  properties: {
    roleDefinitionId: roles.blobContributor
    principalId: coldPathJobPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appsReceiveAverages 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principal in hubReaders: {
  name: guid(hotPath.id, principal, roles.eventHubsReceiver)
  scope: hotPath
  properties: {
    roleDefinitionId: roles.eventHubsReceiver
    principalId: principal
    principalType: 'ServicePrincipal'
  }
}]

resource appsReceiveAnomalies 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principal in hubReaders: {
  name: guid(alerts.id, principal, roles.eventHubsReceiver)
  scope: alerts
  properties: {
    roleDefinitionId: roles.eventHubsReceiver
    principalId: principal
    principalType: 'ServicePrincipal'
  }
}]

resource functionOwnsItsStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in functionStorageRoles: {
  name: guid(functionStorage.id, functionPrincipalId, role)
  scope: functionStorage
  properties: {
    roleDefinitionId: role
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
  }
}]

resource functionReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, functionPrincipalId, roles.secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: roles.secretsUser
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource functionLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, functionPrincipalId, roles.metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: roles.metricsPublisher
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource functionMails 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communication.id, functionPrincipalId, roles.emailOwner)
  scope: communication
  properties: {
    roleDefinitionId: roles.emailOwner
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource databricksReadsArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(databricksPrincipalId)) {
  name: guid(archiveContainer.id, databricksPrincipalId, roles.blobReader)
  scope: archiveContainer
  properties: {
    roleDefinitionId: roles.blobReader
    principalId: databricksPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource databricksWritesTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(databricksPrincipalId)) {
  name: guid(tablesContainer.id, databricksPrincipalId, roles.blobContributor)
  scope: tablesContainer
  properties: {
    roleDefinitionId: roles.blobContributor
    principalId: databricksPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource deployerManagesDevices 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, deployerObjectId, roles.hubData)
  scope: hub
  properties: {
    roleDefinitionId: roles.hubData
    principalId: deployerObjectId
    principalType: deployerType
  }
}

resource deployerManagesEnrollments 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(provisioning.id, deployerObjectId, roles.provisioningData)
  scope: provisioning
  properties: {
    roleDefinitionId: roles.provisioningData
    principalId: deployerObjectId
    principalType: deployerType
  }
}

resource deployerReadsArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(archiveContainer.id, deployerObjectId, roles.blobReader)
  scope: archiveContainer
  properties: {
    roleDefinitionId: roles.blobReader
    principalId: deployerObjectId
    principalType: deployerType
  }
}
