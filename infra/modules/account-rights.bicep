// What the app's identity may do with one integration account.

@description('The name of the account.')
param account string

@description('The app\'s identity.')
param principalId string

@description('Id of one of Azure\'s own roles.')
param role string

resource there 'Microsoft.Logic/integrationAccounts@2019-05-01' existing = {
  name: account
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(there.id, principalId, role)
  scope: there
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
