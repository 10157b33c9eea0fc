// What the app's identity may do with every integration account of a subscription.

targetScope = 'subscription'

@description('The app\'s identity.')
param principalId string

@description('Id of one of Azure\'s own roles.')
param role string

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
