// Device Provisioning, linked to the hub. Its enrollment groups are data, not resources:
// `npm run deploy -- up` makes them.

@description('Name, unique in Azure.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Name of the hub that devices are assigned to.')
param hubName string

@description('Log Analytics workspace.')
param workspaceId string

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hubName
}

// The link wants a key: it goes from the hub to this resource inside Azure, and is no output.
var hubKey = listKeys('${hub.id}/IotHubKeys/device-provisioning', '2023-06-30').primaryKey

resource provisioning 'Microsoft.Devices/provisioningServices@2022-12-12' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'S1'
    capacity: 1
  }
  properties: {
    // Devices find their hub over the Internet.
    publicNetworkAccess: 'Enabled'
    allocationPolicy: 'Hashed'
    iotHubs: [
      {
        connectionString: 'HostName=${hub.properties.hostName};SharedAccessKeyName=device-provisioning;SharedAccessKey=${hubKey}'
        location: location
        applyAllocationPolicy: true
        allocationWeight: 1
      }
    ]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: provisioning
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeviceOperations'
        enabled: true
      }
      {
        category: 'ServiceOperations'
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

output id string = provisioning.id
output name string = provisioning.name
output idScope string = provisioning.properties.idScope
output serviceHostName string = provisioning.properties.serviceOperationsHostName
