// What the app's identity may do with the integration accounts of a resource group.

@description('The app\'s identity.')
param principalId string

@description('Id of one of Azure\'s own roles.')
param role string

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
