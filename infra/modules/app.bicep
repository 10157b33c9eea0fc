// The function app on a Flex Consumption plan, its settings, and who may call it.

param token string
param location string
param tags object
param identityId string
param identityClientId string
param insightsConnectionString string

@description('Container of the state account that the deployed package goes to.')
param packageContainer string

@description('The state account: its name, and its endpoints.')
param state {
  name: string
  blob: string
  queue: string
  table: string
}

@description('What requests may name: alias to blobServiceUri.')
param storageAccounts object

@description('What may be linked: ARM ids of subscriptions, resource groups or integration accounts.')
param integrationAccounts array

@description('Id, with its version, of the vault key that wraps data keys.')
param wrapKeyId string

@description('Id, with its version, of the vault key that signs descriptors.')
param sealKeyId string

@secure()
param sealingKeysFormer string

param instanceMemoryMB int
param maximumInstanceCount int
param httpConcurrency int
param alwaysReadyInstances int
param zoneRedundant bool
param corsOrigins array
param serviceDomain string?
param secretMembers string
param publicMembers string

@secure()
param alertWebhookUrl string

param scheduleTimer string
param recoveryTimer string
param sweepTimer string
param leaseSeconds int?
param micDays int?
param recoveryNudgeSeconds int?
param retrySeconds string?
param telemetryExport string
param authClientId string
param authTenantId string
param requireRoles bool
param functionKeysOptional bool

@description('Subnet that the app calls out from; empty for the public network.')
param subnetId string

@description('Closed to the public network.')
param isPrivate bool

var hasAuthentication = !empty(authClientId)

// The Functions host keeps its locks and keys here.
var hostStorage = {
  AzureWebJobsStorage__accountName: state.name
  AzureWebJobsStorage__blobServiceUri: state.blob
  AzureWebJobsStorage__queueServiceUri: state.queue
  AzureWebJobsStorage__tableServiceUri: state.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}

// The app reads these, and the host for the queue triggers, whose connection is STATE_STORAGE:
// __credential tells the host alone which kind of identity __clientId names.
var stateStorage = {
  STATE_STORAGE__blobServiceUri: state.blob
  STATE_STORAGE__queueServiceUri: state.queue
  STATE_STORAGE__tableServiceUri: state.table
  STATE_STORAGE__credential: 'managedidentity'
  STATE_STORAGE__clientId: identityClientId
}

// The host itself resolves the timers' %…%, so they are settings here, not defaults of the app.
var always = {
  STORAGE_ACCOUNTS: string(storageAccounts)
  INTEGRATION_ACCOUNTS: string(integrationAccounts)
  ARM_CLOUD: environment().name
  KEY_PROVIDER: 'keyvault'
  SEALING_KEY_ID: wrapKeyId
  SEAL_KEY_ID: sealKeyId
  KEY_VAULT_CLIENT_ID: identityClientId
  SCHEDULE_TIMER: scheduleTimer
  RECOVERY_TIMER: recoveryTimer
  SWEEP_TIMER: sweepTimer
}

// What is not given is left to the app's own default.
var whereGiven = union(
  empty(serviceDomain) ? {} : { SERVICE_DOMAIN: serviceDomain },
  empty(secretMembers) ? {} : { SECRET_MEMBERS: secretMembers },
  empty(publicMembers) ? {} : { PUBLIC_MEMBERS: publicMembers },
  empty(alertWebhookUrl) ? {} : { ALERT_WEBHOOK_URL: alertWebhookUrl },
  // Without authentication nobody has a role: the app would refuse to start.
  hasAuthentication && requireRoles ? { REQUIRE_ROLES: 'true' } : {},
  hasAuthentication && requireRoles && functionKeysOptional ? { FUNCTION_KEYS: 'optional' } : {},
  empty(sealingKeysFormer) ? {} : { SEALING_KEYS_FORMER: sealingKeysFormer },
  leaseSeconds == null ? {} : { LEASE_SECONDS: string(leaseSeconds) },
  micDays == null ? {} : { MIC_DAYS: string(micDays) },
  recoveryNudgeSeconds == null ? {} : { RECOVERY_NUDGE_SECONDS: string(recoveryNudgeSeconds) },
  empty(retrySeconds) ? {} : { RETRY_SECONDS: retrySeconds },
  // Storage is closed to the public network then: Azure reads no content from it.
  empty(subnetId) ? {} : { PRIVATE_STORAGE: 'true' },
  empty(telemetryExport) ? {} : { TELEMETRY_EXPORT: telemetryExport }
)

var telemetry = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'interkeep' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${state.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
        triggers: {
          http: { perInstanceConcurrency: httpConcurrency }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      cors: { allowedOrigins: corsOrigins }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(hostStorage, stateStorage, always, whereGiven, telemetry)
}

// Deployments sign in with Entra ID; the publishing passwords are off.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource authentication 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: hasAuthentication }
    globalValidation: {
      requireAuthentication: hasAuthentication
      unauthenticatedClientAction: 'Return401'
      // What needs no function key needs no token either.
      excludedPaths: ['/api/health', '/api/openapi.json', '/api/docs', '/api/portal', '/api/portal/*']
    }
    identityProviders: !hasAuthentication ? {} : {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${authTenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [authClientId, 'api://${authClientId}']
        }
      }
    }
    httpSettings: { requireHttps: true }
    login: {
      tokenStore: { enabled: false }
    }
  }
  dependsOn: [settings]
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}/api'
