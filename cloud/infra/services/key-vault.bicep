// The few secrets that no identity can replace: the key that signs acknowledge links, the password of
// a mail server, the address of the Logic App (which is its key). The Function app reads them by reference.

@description('Name of the vault, unique in Azure, at most 24 characters.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Subnet of the Function app.')
param functionSubnetId string

@description('Key that signs acknowledge links; empty to keep the one that is there.')
@secure()
param acknowledgeKey string

@description('Password of the SMTP server; empty when there is none, or to keep the one that is there.')
@secure()
param smtpPassword string

@description('Log Analytics workspace.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  // checkov:skip=CKV_AZURE_189: reachable from one subnet only; the default is to refuse.
  // checkov:skip=CKV_AZURE_110: its secrets can be made anew, and `down` must be able to remove what `up` made.
  // checkov:skip=CKV_AZURE_42: as above: no purge protection, so that `down` leaves nothing behind.
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      family: 'A'
      name: 'standard'
    }
    tenantId: tenant().tenantId
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: [
        {
          id: functionSubnetId
        }
      ]
    }
  }
}

resource key 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(acknowledgeKey)) {
  // checkov:skip=CKV_AZURE_41: one that expires would stop the mails one night; deploying replaces it.
  // checkov:skip=CKV_AZURE_114: it has one; checkov does not look into conditional resources.
  parent: vault
  name: 'acknowledge-key'
  properties: {
    value: acknowledgeKey
    contentType: 'text/plain'
  }
}

resource password 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(smtpPassword)) {
  // checkov:skip=CKV_AZURE_41: one that expires would stop the mails one night; deploying replaces it.
  // checkov:skip=CKV_AZURE_114: it has one; checkov does not look into conditional resources.
  parent: vault
  name: 'smtp-password'
  properties: {
    value: smtpPassword
    contentType: 'text/plain'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
