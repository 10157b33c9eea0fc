// A virtual network for the app, and private endpoints for all that it uses.

param token string
param location string
param tags object
param addresses string
param stateId string
param backupsId string
param vaultId string

var storageSuffix = environment().suffixes.storage
var zoneNames = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  'privatelink.azurewebsites.net'
]
var blobZone = 0
var queueZone = 1
var tableZone = 2
var vaultZone = 3
var sitesZone = 4

var endpoints = [
  { name: 'state-blob', target: stateId, group: 'blob', zone: blobZone }
  { name: 'state-queue', target: stateId, group: 'queue', zone: queueZone }
  { name: 'state-table', target: stateId, group: 'table', zone: tableZone }
  { name: 'backups-blob', target: backupsId, group: 'blob', zone: blobZone }
  { name: 'vault', target: vaultId, group: 'vault', zone: vaultZone }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addresses] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addresses, 26, 0)
          // What Flex Consumption asks for.
          delegations: [
            {
              name: 'app'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addresses, 26, 1) }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for zone in zoneNames: {
  name: zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (zone, i) in zoneNames: {
  parent: zones[i]
  name: 'vnet-${token}'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: network.id }
  }
}]

module endpoint 'endpoint.bicep' = [for one in endpoints: {
  name: 'endpoint-${one.name}'
  params: {
    name: 'pe-${one.name}-${token}'
    location: location
    tags: tags
    subnetId: network.properties.subnets[1].id
    targetId: one.target
    groupId: one.group
    zoneId: zones[one.zone].id
  }
}]

output appSubnetId string = network.properties.subnets[0].id
output endpointSubnetId string = network.properties.subnets[1].id
output sitesZoneId string = zones[sitesZone].id
