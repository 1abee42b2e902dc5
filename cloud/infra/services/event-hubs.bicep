// The event hubs between the jobs and their readers.

@description('Name of the namespace, unique in Azure.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Throughput units to begin with: 1 MiB or 1,000 events a second in, twice that out.')
param throughputUnits int

@description('Throughput units that the namespace may grow to by itself.')
param maximumThroughputUnits int

@description('Partitions of each hub (fixed once the hub exists).')
param partitions int

@description('Hours that events wait for their readers, at most 168.')
@maxValue(168)
param retentionHours int

@description('Subnets that may reach the hubs.')
param subnetIds array

@description('Address ranges that may reach the hubs, for example that of a Fabric gateway.')
param allowedIpRanges array

@description('Log Analytics workspace.')
param workspaceId string

// As in simulator/azure/event-hubs/namespace.ts: a test compares them.
var hubs = [
  {
    name: 'hot-path'
    consumerGroups: [
      'dashboard'
      'function'
      'fabric'
    ]
  }
  {
    name: 'alerts'
    consumerGroups: [
      'function'
      'dashboard'
    ]
  }
]

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: throughputUnits
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    disableLocalAuth: true
    isAutoInflateEnabled: true
    maximumThroughputUnits: maximumThroughputUnits
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

// Only the apps' subnets, and Stream Analytics jobs by their identity ("trusted services").
resource rules 'Microsoft.EventHub/namespaces/networkRuleSets@2024-01-01' = {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: 'Enabled'
    defaultAction: 'Deny'
    trustedServiceAccessEnabled: true
    virtualNetworkRules: [for id in subnetIds: {
      ignoreMissingVnetServiceEndpoint: false
      subnet: {
        id: id
      }
    }]
    ipRules: [for range in allowedIpRanges: {
      action: 'Allow'
      ipMask: range
    }]
  }
}

resource eventHubs 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = [for hub in hubs: {
  parent: namespace
  name: hub.name
  properties: {
    partitionCount: partitions
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionHours
    }
  }
}]

resource hotPathGroups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [for group in hubs[0].consumerGroups: {
  parent: eventHubs[0]
  name: group
}]

resource alertsGroups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [for group in hubs[1].consumerGroups: {
  parent: eventHubs[1]
  name: group
}]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'OperationalLogs'
        enabled: true
      }
      {
        category: 'AutoScaleLogs'
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

output id string = namespace.id
output name string = namespace.name
output hostName string = '${namespace.name}.servicebus.windows.net'
