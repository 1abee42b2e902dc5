// IoT Hub: what meters and gateways connect to, and the event hub that the jobs read.

@description('Name of the hub, unique in Azure.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('S1, S2 or S3: gateways need the standard tier.')
@allowed([
  'S1'
  'S2'
  'S3'
])
param tier string

@description('Units of the tier.')
@minValue(1)
@maxValue(200)
param units int

@description('Partitions of the built-in endpoint, 2 to 32 (fixed once the hub exists): what the jobs can do in parallel.')
@minValue(2)
@maxValue(32)
param partitions int

@description('Days that telemetry waits for jobs, 1 to 7.')
@minValue(1)
@maxValue(7)
param retentionDays int

@description('The files of cloud/stream-analytics/Inputs. Each has a consumer group of its own: Stream Analytics allows five readers per group and partition.')
param inputs array

@description('Log Analytics workspace.')
param workspaceId string

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: tier
    capacity: units
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    publicNetworkAccess: 'Enabled'
    minTlsVersion: '1.2'
    // Two services cannot read a hub with an identity of their own (README, "Keys that remain").
    // Each has a policy with the rights it needs, and there is no other.
    disableLocalAuth: false
    authorizationPolicies: [
      {
        keyName: 'service'
        rights: 'ServiceConnect'
      }
      {
        keyName: 'device-provisioning'
        rights: 'RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect'
      }
    ]
    eventHubEndpoints: {
      events: {
        partitionCount: partitions
        retentionTimeInDays: retentionDays
      }
    }
    routing: {
      routes: [
        {
          name: 'telemetry'
          source: 'DeviceMessages'
          condition: 'true'
          endpointNames: [
            'events'
          ]
          isEnabled: true
        }
      ]
      // Whatever a later route would leave behind still reaches the jobs.
      fallbackRoute: {
        name: '$fallback'
        source: 'DeviceMessages'
        condition: 'true'
        endpointNames: [
          'events'
        ]
        isEnabled: true
      }
    }
    cloudToDevice: {
      maxDeliveryCount: 10
      defaultTtlAsIso8601: 'PT1H'
      feedback: {
        lockDurationAsIso8601: 'PT1M'
        ttlAsIso8601: 'PT1H'
        maxDeliveryCount: 10
      }
    }
  }
}

@batchSize(1)
resource groups 'Microsoft.Devices/IotHubs/eventHubEndpoints/ConsumerGroups@2023-06-30' = [for input in inputs: {
  name: '${hub.name}/events/${input.IoTHubProperties.ConsumerGroupName}'
  properties: {
    name: input.IoTHubProperties.ConsumerGroupName
  }
}]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: hub
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'Connections'
        enabled: true
      }
      {
        category: 'DeviceTelemetry'
        enabled: true
      }
      {
        category: 'Routes'
        enabled: true
      }
      {
        category: 'Configurations'
        enabled: true
      }
      {
        category: 'DeviceIdentityOperations'
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

output id string = hub.id
output name string = hub.name
output hostName string = hub.properties.hostName
