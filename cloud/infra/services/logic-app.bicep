// The third way to send a mail: a Logic App that is asked by HTTP. Its workflow is a file.

@description('Name of the Logic App.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Vault that keeps the address of its trigger, which is its key.')
param vaultName string

@description('Log Analytics workspace.')
param workspaceId string

var workflow = loadJsonContent('../logic-app/workflow.json')

// Mails leave through the mailbox of whoever signs this connection in, once, in the portal.
resource mailbox 'Microsoft.Web/connections@2016-06-01' = {
  name: '${name}-office365'
  location: location
  tags: tags
  properties: {
    displayName: 'Alert mails'
    api: {
      id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'office365')
    }
  }
}

resource logicApp 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    state: 'Enabled'
    definition: workflow.definition
    parameters: {
      '$connections': {
        value: {
          office365: {
            connectionId: mailbox.id
            connectionName: mailbox.name
            id: mailbox.properties.api.id
          }
        }
      }
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource address 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  // checkov:skip=CKV_AZURE_41: it is valid as long as the Logic App.
  parent: vault
  name: 'logic-app-url'
  properties: {
    value: listCallbackUrl('${logicApp.id}/triggers/request', '2019-05-01').value
    contentType: 'text/plain'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: logicApp
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'WorkflowRuntime'
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

output id string = logicApp.id
output name string = logicApp.name
