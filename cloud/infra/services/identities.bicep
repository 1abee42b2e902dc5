// Identities of the two apps. They exist before the apps, so that their roles are in force when
// the apps start, and the database can know them by name.

@description('Start of the names.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

resource function 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-function'
  location: location
  tags: tags
}

resource dashboard 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-dashboard'
  location: location
  tags: tags
}

output functionId string = function.id
output functionName string = function.name
output functionClientId string = function.properties.clientId
output functionPrincipalId string = function.properties.principalId
output dashboardId string = dashboard.id
output dashboardName string = dashboard.name
output dashboardClientId string = dashboard.properties.clientId
output dashboardPrincipalId string = dashboard.properties.principalId
