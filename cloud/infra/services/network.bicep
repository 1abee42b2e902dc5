// The network that the Function app and the dashboard reach the data through: storage, event hubs
// and the database refuse everybody else. Service endpoints instead of private ones: they cost
// nothing, and these services have no clients on premises.

@description('Name of the virtual network.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Make the two subnets and the outbound address that a Databricks workspace needs.')
param withDatabricks bool

var dataServices = [
  {
    service: 'Microsoft.Storage'
  }
  {
    service: 'Microsoft.EventHub'
  }
  {
    service: 'Microsoft.Sql'
  }
]

// A vault takes a rule only for a subnet that has its endpoint.
var functionServices = concat(dataServices, [
  {
    service: 'Microsoft.KeyVault'
  }
])

// Nothing listens in these subnets: apps only call out. The default rules deny what comes from the Internet.
resource appsGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-apps'
  location: location
  tags: tags
  properties: {
    securityRules: []
  }
}

// Databricks adds its own rules to this group through the delegation of its subnets.
resource databricksGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = if (withDatabricks) {
  name: '${name}-databricks'
  location: location
  tags: tags
}

resource outboundAddress 'Microsoft.Network/publicIPAddresses@2024-05-01' = if (withDatabricks) {
  name: '${name}-outbound'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

// Nodes without public addresses fetch their libraries through it.
resource outbound 'Microsoft.Network/natGateways@2024-05-01' = if (withDatabricks) {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: outboundAddress.id
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.40.0.0/16'
      ]
    }
  }
}

resource functionSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'function'
  properties: {
    addressPrefix: '10.40.0.0/24'
    networkSecurityGroup: {
      id: appsGroup.id
    }
    serviceEndpoints: functionServices
    delegations: [
      {
        name: 'flex-consumption'
        properties: {
          serviceName: 'Microsoft.App/environments'
        }
      }
    ]
  }
}

// One subnet at a time: the network refuses changes while another is under way.
resource dashboardSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'dashboard'
  properties: {
    addressPrefix: '10.40.1.0/26'
    networkSecurityGroup: {
      id: appsGroup.id
    }
    serviceEndpoints: dataServices
    delegations: [
      {
        name: 'app-service'
        properties: {
          serviceName: 'Microsoft.Web/serverFarms'
        }
      }
    ]
  }
  dependsOn: [
    functionSubnet
  ]
}

resource databricksHosts 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = if (withDatabricks) {
  parent: network
  name: 'databricks-hosts'
  properties: {
    addressPrefix: '10.40.16.0/22'
    networkSecurityGroup: {
      id: databricksGroup.id
    }
    natGateway: {
      id: outbound.id
    }
    serviceEndpoints: dataServices
    delegations: [
      {
        name: 'databricks'
        properties: {
          serviceName: 'Microsoft.Databricks/workspaces'
        }
      }
    ]
  }
  dependsOn: [
    dashboardSubnet
  ]
}

resource databricksContainers 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = if (withDatabricks) {
  parent: network
  name: 'databricks-containers'
  properties: {
    addressPrefix: '10.40.20.0/22'
    networkSecurityGroup: {
      id: databricksGroup.id
    }
    natGateway: {
      id: outbound.id
    }
    serviceEndpoints: dataServices
    delegations: [
      {
        name: 'databricks'
        properties: {
          serviceName: 'Microsoft.Databricks/workspaces'
        }
      }
    ]
  }
  dependsOn: [
    databricksHosts
  ]
}

output networkId string = network.id
output functionSubnetId string = functionSubnet.id
output dashboardSubnetId string = dashboardSubnet.id
output databricksSubnetIds array = withDatabricks ? [databricksHosts.id, databricksContainers.id] : []
output databricksHostsName string = 'databricks-hosts'
output databricksContainersName string = 'databricks-containers'
