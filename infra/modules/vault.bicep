// The vault and its two keys: one wraps data keys, the other signs descriptors.

param name string
param location string
param tags object
param sku string
param keySize int

@description('Closed to the public network; a private endpoint is then the only way in.')
param isPrivate bool

@description('Who may use the keys.')
param principalId string

@description('Log Analytics workspace that hears of every use of a key.')
param workspaceId string

// Of what is done with keys: get, list, wrap and unwrap alone.
var cryptoServiceEncryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
// The only built-in role that may sign without managing keys; the key's own operations narrow it.
var cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424'

var keyType = sku == 'premium' ? 'RSA-HSM' : 'RSA'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: sku
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    // A purged key would take every backup's secrets with it.
    enablePurgeProtection: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

// A key that exists is left as it is: a deployment makes no new version. The outputs name the newest
// that there is; the app still opens and checks with the others, as long as they are enabled.
resource wrapKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' = {
  parent: vault
  name: 'interkeep-wrap'
  tags: tags
  properties: {
    kty: keyType
    keySize: keySize
    keyOps: ['wrapKey', 'unwrapKey']
  }
}

resource sealKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' = {
  parent: vault
  name: 'interkeep-seal'
  tags: tags
  properties: {
    kty: keyType
    keySize: keySize
    keyOps: ['sign', 'verify']
  }
}

resource mayWrap 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(wrapKey.id, principalId, cryptoServiceEncryptionUser)
  scope: wrapKey
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cryptoServiceEncryptionUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource maySign 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(sealKey.id, principalId, cryptoUser)
  scope: sealKey
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cryptoUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
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
output wrapKeyId string = wrapKey.properties.keyUriWithVersion
output sealKeyId string = sealKey.properties.keyUriWithVersion
