// A Databricks workspace for the notebook of the cold path, in our network, because the archive lets
// nobody in from outside. Unity Catalog reaches the archive as the access connector.

@description('Name of the workspace.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Network with the two subnets.')
param networkId string

@description('Subnet of the nodes.')
param hostsSubnetName string

@description('Subnet of the containers.')
param containersSubnetName string

@description('Log Analytics workspace.')
param workspaceId string

resource workspace 'Microsoft.Databricks/workspaces@2024-05-01' = {
  // checkov:skip=CKV_AZURE_158: people open the workspace and its notebooks in a browser, signed in with Entra ID.
  // checkov:skip=CKV2_AZURE_48: the workspace's own storage holds no readings: they are in the archive.
  name: name
  location: location
  tags: tags
  sku: {
    name: 'premium'
  }
  properties: {
    managedResourceGroupId: subscriptionResourceId('Microsoft.Resources/resourceGroups', '${name}-managed')
    publicNetworkAccess: 'Enabled'
    requiredNsgRules: 'AllRules'
    parameters: {
      enableNoPublicIp: {
        value: true
      }
      customVirtualNetworkId: {
        value: networkId
      }
      customPublicSubnetName: {
        value: hostsSubnetName
      }
      customPrivateSubnetName: {
        value: containersSubnetName
      }
    }
  }
}

resource connector 'Microsoft.Databricks/accessConnectors@2024-05-01' = {
  name: '${name}-connector'
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: workspace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output id string = workspace.id
output url string = 'https://${workspace.properties.workspaceUrl}'
output connectorId string = connector.id
output connectorPrincipalId string = connector.identity.principalId
