// A storage account that takes identities alone: no shared keys, nothing public, TLS 1.2 and up.

param name string
param location string
param tags object
param sku string

@description('Closed to the public network; a private endpoint is then the only way in.')
param isPrivate bool

@description('Days for which deleted containers and blobs can be brought back.')
param softDeleteDays int

@description('Days for which nothing can be changed or deleted; 0 for none. A new account only.')
param immutabilityDays int = 0

param immutabilityLocked bool = false

@description('Containers that are there from the start.')
param containers array = []

@description('Who is given the roles, on this account alone.')
param principalId string

@description('Ids of role definitions.')
param roles array

@description('Log Analytics workspace that hears of every deletion, and of every write where they are logged.')
param workspaceId string

@description('Log writes too: for an account in which nothing is ever changed.')
param logsWrites bool = false

var isImmutable = immutabilityDays > 0
var logged = logsWrites ? ['StorageDelete', 'StorageWrite'] : ['StorageDelete']

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
    immutableStorageWithVersioning: isImmutable ? {
      enabled: true
      immutabilityPolicy: {
        allowProtectedAppendWrites: false
        immutabilityPeriodSinceCreationInDays: immutabilityDays
        state: immutabilityLocked ? 'Locked' : 'Unlocked'
      }
    } : null
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: isImmutable
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource made 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [for container in containers: {
  parent: blobs
  name: container
  properties: { publicAccess: 'None' }
}]

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in roles: {
  name: guid(account.id, principalId, role)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [for category in logged: {
      category: category
      enabled: true
    }]
  }
}

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
