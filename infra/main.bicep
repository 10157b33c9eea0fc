// Interkeep on Azure: one resource group with the app, its state, the account that backups go to,
// the vault whose keys protect them, and what watches over it. docs/deploying.md explains it.

targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment. Every resource name is derived from it.')
param environmentName string

@minLength(1)
@description('Azure region of the app and its state. It must offer the Flex Consumption plan.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Name of the resource group that is made.')
param resourceGroupName string = 'rg-${environmentName}'

@description('Tags of every resource.')
param tags object = {}

// ---- storage

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
@description('Redundancy of the state account. It holds the ledger of issued control numbers.')
param stateSku string = 'Standard_ZRS'

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
@description('Redundancy of the backup account. With RA the second region can be read during an outage.')
param backupSku string = 'Standard_RAGRS'

@description('Azure region of the backup account. Another region than the app\'s survives the loss of that one.')
param backupLocation string = location

@minValue(1)
@maxValue(365)
@description('Days for which deleted containers and blobs can be brought back.')
param softDeleteDays int = 14

@minValue(0)
@maxValue(146000)
@description('Days for which nothing written to the backup account can be changed or deleted; 0 for none. Only a new account can be given it, and retention cannot remove its containers: see docs/deploying.md.')
param immutabilityDays int = 0

@description('Lock the immutability policy that a former deployment made: Azure makes none that is locked. Nobody can shorten or remove a locked one, Microsoft included. What was backed up before stays unlocked: back up anew.')
param immutabilityLocked bool = false

@description('Further storage accounts that requests may name, as in the app setting STORAGE_ACCOUNTS: {"alias": {"blobServiceUri": "https://…"}}. Give the app\'s identity Storage Blob Data Contributor on each.')
param furtherStorageAccounts object = {}

// ---- integration accounts

@description('Integration accounts that services may be linked to, as in the app setting INTEGRATION_ACCOUNTS: ARM ids of subscriptions, resource groups or accounts. What the app\'s identity may do there: integrationAccountRights.')
param integrationAccounts array = []

@allowed(['none', 'read', 'write'])
@description('What the app\'s identity is given on integrationAccounts: read (Reader), which a pull needs; write (Logic App Contributor), which a push needs; none, where somebody else gives it. Who deploys must be allowed to give roles there.')
param integrationAccountRights string = 'read'

// ---- keys

@allowed(['standard', 'premium'])
@description('Tier of the key vault; premium keeps the two keys in a hardware security module.')
param keyVaultSku string = 'standard'

@allowed([2048, 3072, 4096])
@description('Size of the two RSA keys, in bits. A key that exists keeps its size.')
param keySize int = 3072

@secure()
@description('Local keys of an installation whose backups are to be read here, comma-separated base64. Empty for none.')
param sealingKeysFormer string = ''

// ---- the app

@allowed([512, 2048, 4096])
@description('Memory of an instance, in MB.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('How many instances the app may scale out to.')
param maximumInstanceCount int = 100

@minValue(1)
@maxValue(1000)
@description('HTTP requests that one instance answers side by side. The app is asynchronous; the platform\'s own default for Python is 1.')
param httpConcurrency int = 50

@minValue(0)
@maxValue(1000)
@description('Instances for HTTP that are always ready, billed all the time. 0 scales to nothing, and a first request waits for a cold start.')
param alwaysReadyInstances int = 0

@description('Spread the app over availability zones, where the region has them for Flex Consumption. At least two instances of each group of functions are then always ready, and billed.')
param zoneRedundant bool = false

@description('Origins whose pages may call the app. The Azure portal needs its own for Test/Run.')
param corsOrigins array = ['https://portal.azure.com']

@description('Domain of a service\'s default URL; the app\'s default where none is given.')
param serviceDomain string?

@description('Parts of names, comma-separated, that make a member of a document a secret.')
param secretMembers string = ''

@description('Names of members, comma-separated, that are no secret whatever the rule says.')
param publicMembers string = ''

@secure()
@description('Where alerts are posted as CloudEvents; empty for the log alone. It may hold a key.')
param alertWebhookUrl string = ''

@description('When due backups and retention runs are looked for, NCRONTAB with seconds, UTC. At least every 30 minutes, or the alert SchedulesSilent fires.')
param scheduleTimer string = '0 * * * * *'

@description('When unfinished operations are looked for, NCRONTAB with seconds, UTC.')
param recoveryTimer string = '0 * * * * *'

@description('When old records are dropped, NCRONTAB with seconds, UTC.')
param sweepTimer string = '0 7 * * * *'

@minValue(3)
@maxValue(600)
@description('Seconds that a worker\'s lease lasts without renewal; the app\'s default where none is given.')
param leaseSeconds int?

@minValue(1)
@maxValue(3650)
@description('Days that a MIC value is kept; the app\'s default where none is given.')
param micDays int?

@minValue(1)
@maxValue(3600)
@description('Seconds between two messages of recovery for one operation; the app\'s default where none is given.')
param recoveryNudgeSeconds int?

@description('Waits between the attempts of an operation, in seconds, comma-separated; the app\'s default where none is given.')
param retrySeconds string?

@allowed(['', 'azuremonitor'])
@description('Export measures as metrics too: azuremonitor. The package needs the lines of requirements-telemetry.txt then. Empty: the log has them.')
param telemetryExport string = ''

// ---- who may reach it

@description('Application (client) id of the app registration that callers sign in to. Empty: function keys alone.')
param authClientId string = ''

@description('Tenant of that app registration.')
param authTenantId string = tenant().tenantId

@description('Whether a caller needs one of the app roles for what it asks. Counts with authClientId alone.')
param requireRoles bool = true

@description('Whether a caller who signed in needs no function key beside. Counts with authClientId and requireRoles alone.')
param functionKeysOptional bool = false

@description('Reach storage and the vault through private endpoints alone, from a virtual network of the app.')
param privateBackends bool = false

@description('Take requests through a private endpoint alone. Deploying and Test/Run then need a place in that network. Needs privateBackends.')
param privateApp bool = false

@description('Address range of the virtual network, a /24 or larger.')
param networkAddresses string = '10.61.0.0/24'

// ---- watching

@description('Who is sent a mail when an alert fires. Empty: alerts show in Azure Monitor alone.')
param alertEmail string = ''

@minValue(30)
@maxValue(730)
@description('Days that logs are kept.')
param logRetentionDays int = 90

var token = uniqueString(subscription().id, environmentName, location)
var allTags = union(tags, { 'azd-env-name': environmentName })

// Azure's own roles, by their fixed ids.
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
var logicAppContributor = '87a39d53-fc1b-424a-814c-f7e04687dc9e'

// The ids of integrationAccounts by how much each names: a subscription has three parts, a resource
// group five, an account nine, the first of them empty. A slash at the end makes no other id of it.
var whole = map(integrationAccounts, id => endsWith(id, '/') ? substring(id, 0, length(id) - 1) : id)
var given = integrationAccountRights == 'none' ? [] : whole
var rightsRole = integrationAccountRights == 'write' ? logicAppContributor : reader
var wholeSubscriptions = filter(given, id => length(split(id, '/')) == 3)
var wholeGroups = filter(given, id => length(split(id, '/')) == 5)
var singleAccounts = filter(given, id => length(split(id, '/')) == 9)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-${token}'
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    token: token
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module state 'modules/storage.bicep' = {
  name: 'state'
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: allTags
    sku: stateSku
    isPrivate: privateBackends
    softDeleteDays: softDeleteDays
    containers: ['deploymentpackage']
    principalId: identity.outputs.principalId
    // The Functions host asks for Owner of blobs on the account of AzureWebJobsStorage: it keeps
    // its locks and keys there. The role may also ask for user delegation keys, which server-side
    // copies of content are signed with.
    roles: [blobDataOwner, queueDataContributor, tableDataContributor]
    workspaceId: monitoring.outputs.workspaceId
  }
}

module backups 'modules/storage.bicep' = {
  name: 'backups'
  scope: group
  params: {
    name: 'bk${token}'
    location: backupLocation
    tags: allTags
    sku: backupSku
    isPrivate: privateBackends
    softDeleteDays: softDeleteDays
    immutabilityDays: immutabilityDays
    immutabilityLocked: immutabilityLocked
    principalId: identity.outputs.principalId
    roles: [blobDataContributor]
    workspaceId: monitoring.outputs.workspaceId
    // Who changes a backup writes; Interkeep never writes over a blob.
    logsWrites: true
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: allTags
    sku: keyVaultSku
    keySize: keySize
    isPrivate: privateBackends
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module subscriptionRights 'modules/subscription-rights.bicep' = [for (id, i) in wholeSubscriptions: {
  name: 'rights-subscription-${i}'
  scope: subscription(split(id, '/')[2])
  params: {
    principalId: identity.outputs.principalId
    role: rightsRole
  }
}]

module groupRights 'modules/group-rights.bicep' = [for (id, i) in wholeGroups: {
  name: 'rights-group-${i}'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    principalId: identity.outputs.principalId
    role: rightsRole
  }
}]

module accountRights 'modules/account-rights.bicep' = [for (id, i) in singleAccounts: {
  name: 'rights-account-${i}'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    account: split(id, '/')[8]
    principalId: identity.outputs.principalId
    role: rightsRole
  }
}]

module network 'modules/network.bicep' = if (privateBackends) {
  name: 'network'
  scope: group
  params: {
    token: token
    location: location
    tags: allTags
    addresses: networkAddresses
    stateId: state.outputs.id
    backupsId: backups.outputs.id
    vaultId: vault.outputs.id
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    token: token
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    insightsConnectionString: monitoring.outputs.connectionString
    packageContainer: 'deploymentpackage'
    state: {
      name: state.outputs.name
      blob: state.outputs.blobEndpoint
      queue: state.outputs.queueEndpoint
      table: state.outputs.tableEndpoint
    }
    storageAccounts: union(furtherStorageAccounts, {
      offsite: { blobServiceUri: backups.outputs.blobEndpoint }
    })
    integrationAccounts: integrationAccounts
    wrapKeyId: vault.outputs.wrapKeyId
    sealKeyId: vault.outputs.sealKeyId
    sealingKeysFormer: sealingKeysFormer
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    alwaysReadyInstances: alwaysReadyInstances
    zoneRedundant: zoneRedundant
    corsOrigins: corsOrigins
    serviceDomain: serviceDomain
    secretMembers: secretMembers
    publicMembers: publicMembers
    alertWebhookUrl: alertWebhookUrl
    scheduleTimer: scheduleTimer
    recoveryTimer: recoveryTimer
    sweepTimer: sweepTimer
    leaseSeconds: leaseSeconds
    micDays: micDays
    recoveryNudgeSeconds: recoveryNudgeSeconds
    retrySeconds: retrySeconds
    telemetryExport: telemetryExport
    authClientId: authClientId
    authTenantId: authTenantId
    requireRoles: requireRoles
    functionKeysOptional: functionKeysOptional
    subnetId: privateBackends ? network!.outputs.appSubnetId : ''
    isPrivate: privateBackends && privateApp
  }
}

module appEndpoint 'modules/endpoint.bicep' = if (privateBackends && privateApp) {
  name: 'appEndpoint'
  scope: group
  params: {
    name: 'pe-app-${token}'
    location: location
    tags: allTags
    subnetId: network!.outputs.endpointSubnetId
    targetId: app.outputs.id
    groupId: 'sites'
    zoneId: network!.outputs.sitesZoneId
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    token: token
    location: location
    tags: allTags
    insightsId: monitoring.outputs.insightsId
    email: alertEmail
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output INTERKEEP_APP string = app.outputs.name
output INTERKEEP_URL string = app.outputs.url
output INTERKEEP_IDENTITY string = identity.outputs.principalId
output INTERKEEP_STATE_ACCOUNT string = state.outputs.name
output INTERKEEP_BACKUP_ACCOUNT string = backups.outputs.name
output INTERKEEP_KEY_VAULT string = vault.outputs.name
