// The cloud half of iot-end-to-end, in one resource group. Deployed by `npm run deploy -- up`, which also
// makes what is data and not a resource: enrollment groups, tables, code, the deployment of the gateways.
//
// Queries, inputs, outputs and policies of the jobs are the files in cloud/stream-analytics.
targetScope = 'resourceGroup'

@description('Name of the environment, part of every name and tag.')
@minLength(2)
@maxLength(8)
param environment string

@description('Six letters or digits that make the names unique in Azure, derived from subscription and resource group.')
@minLength(6)
@maxLength(6)
param suffix string

@description('Region.')
param location string = resourceGroup().location

@description('Tiers and sizes: environments/<environment>.json.')
param sizes object

@description('Object id of who deploys, and administers the database.')
param deployerObjectId string

@description('Name of who deploys, as Entra ID has it.')
param deployerName string

@description('User, Group or ServicePrincipal.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param deployerType string = 'User'

@description('Who is told of lag, lost messages and costs.')
param operatorMail string

@description('Who gets the mails about anomalies, separated by commas, unless a site says otherwise.')
param alertRecipients string

@description('Sites, their names, recipients and direct meters, as JSON: cloud/function/README.md.')
param sitesJson string = '[]'

@description('Application (client) id of the app registration that people sign in to the dashboard with.')
param dashboardClientId string

@description('Key that signs acknowledge links; empty to keep the one that is in the vault.')
@secure()
param acknowledgeKey string = ''

@description('What takes the mails: communication-services, smtp or logic-app.')
@allowed([
  'communication-services'
  'smtp'
  'logic-app'
])
param mailTransport string = 'communication-services'

@description('Host of the SMTP server, for mailTransport smtp.')
param smtpHost string = ''

@description('User at the SMTP server.')
param smtpUser string = ''

@description('Password at the SMTP server; empty to keep the one that is in the vault.')
@secure()
param smtpPassword string = ''

@description('Sender of the mails, for mailTransport smtp and logic-app.')
param mailFrom string = ''

@description('Where Communication Services keeps mails that are under way.')
param mailDataLocation string = 'Europe'

@description('Write averages to Power BI, too. Stream Analytics stops all jobs with an output to Power BI on 31 October 2027 (31/10/2027), and real-time datasets can hardly be created any more: leave it off, cloud/fabric is the successor.')
param powerBiOutput bool = false

@description('Id of the Power BI workspace, for powerBiOutput.')
param powerBiGroupId string = ''

@description('Name of the Power BI workspace, for powerBiOutput.')
param powerBiGroupName string = ''

@description('Address ranges, as 203.0.113.0/24, that may reach the archive and the event hubs from outside of Azure.')
param allowedIpRanges array = []

@description('First day of the month in which the budget begins: cannot be changed once the budget is there.')
param budgetStart string = utcNow('yyyy-MM-01')

var tags = {
  application: 'iot-end-to-end'
  environment: environment
  'managed-by': 'iot-end-to-end-deploy'
}

// cloud/infra/deploy/core/names.ts has the same: a test compares them.
var base = 'iot-${environment}-${suffix}'
var names = {
  hub: '${base}-hub'
  provisioning: '${base}-dps'
  eventHubs: '${base}-events'
  archive: 'iot${environment}${suffix}data'
  functionStorage: 'iot${environment}${suffix}func'
  vault: '${base}-kv'
  sqlServer: '${base}-sql'
  database: 'smart-meters'
  hotPathJob: '${base}-hot-path'
  coldPathJob: '${base}-cold-path'
  alertsJob: '${base}-alerts'
  function: '${base}-function'
  dashboard: '${base}-dashboard'
  databricks: '${base}-databricks'
  logicApp: '${base}-mails'
  budget: '${base}-budget'
}

var jobConfig = loadJsonContent('../stream-analytics/JobConfig.json')

var hotPathInputs = [
  loadJsonContent('../stream-analytics/Inputs/HotPathGateway.json')
  loadJsonContent('../stream-analytics/Inputs/HotPathDirect.json')
]
var coldPathInputs = [
  loadJsonContent('../stream-analytics/Inputs/ColdPath.json')
]
var alertsInputs = [
  loadJsonContent('../stream-analytics/Inputs/AlertsGateway.json')
  loadJsonContent('../stream-analytics/Inputs/AlertsDirect.json')
]
var allInputs = concat(hotPathInputs, coldPathInputs, alertsInputs)

var hotPathOutputs = [
  loadJsonContent('../stream-analytics/Outputs/AveragesFromGateways.json')
  loadJsonContent('../stream-analytics/Outputs/AveragesOfDirectMeters.json')
  loadJsonContent('../stream-analytics/Outputs/AveragesTableFromGateways.json')
  loadJsonContent('../stream-analytics/Outputs/AveragesTableOfDirectMeters.json')
]
var powerBiOutputs = [
  loadJsonContent('../stream-analytics/options/PowerBiFromGateways.json')
  loadJsonContent('../stream-analytics/options/PowerBiOfDirectMeters.json')
]
var coldPathOutputs = [
  loadJsonContent('../stream-analytics/Outputs/Archive.json')
]
var alertsOutputs = [
  loadJsonContent('../stream-analytics/Outputs/AnomaliesFromGateways.json')
  loadJsonContent('../stream-analytics/Outputs/AnomaliesOfDirectMeters.json')
  loadJsonContent('../stream-analytics/Outputs/AnomaliesTableFromGateways.json')
  loadJsonContent('../stream-analytics/Outputs/AnomaliesTableOfDirectMeters.json')
]

var hotPathQuery = loadTextContent('../stream-analytics/hot-path.asaql')
var powerBiQuery = loadTextContent('../stream-analytics/options/power-bi.asaql')
var coldPathQuery = loadTextContent('../stream-analytics/cold-path.asaql')
var alertsQuery = loadTextContent('../stream-analytics/alerts.asaql')

// https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-quotas-throttling
var messagesPerDayAndUnit = {
  S1: 400000
  S2: 6000000
  S3: 300000000
}

module monitoring 'services/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: base
    location: location
    tags: tags
    retentionDays: sizes.logs.retentionDays
    dailyCapGb: sizes.logs.dailyCapGb
    operatorMail: operatorMail
  }
}

module network 'services/network.bicep' = {
  name: 'network'
  params: {
    name: '${base}-network'
    location: location
    tags: tags
    withDatabricks: sizes.databricks.enabled
  }
}

module identities 'services/identities.bicep' = {
  name: 'identities'
  params: {
    name: base
    location: location
    tags: tags
  }
}

module hub 'services/iot-hub.bicep' = {
  name: 'iot-hub'
  params: {
    name: names.hub
    location: location
    tags: tags
    tier: sizes.iotHub.tier
    units: sizes.iotHub.units
    partitions: sizes.iotHub.partitions
    retentionDays: sizes.iotHub.retentionDays
    inputs: allInputs
    workspaceId: monitoring.outputs.workspaceId
  }
}

module provisioning 'services/device-provisioning.bicep' = {
  name: 'device-provisioning'
  params: {
    name: names.provisioning
    location: location
    tags: tags
    hubName: hub.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

module eventHubs 'services/event-hubs.bicep' = {
  name: 'event-hubs'
  params: {
    name: names.eventHubs
    location: location
    tags: tags
    throughputUnits: sizes.eventHubs.throughputUnits
    maximumThroughputUnits: sizes.eventHubs.maximumThroughputUnits
    partitions: sizes.eventHubs.partitions
    retentionHours: sizes.eventHubs.retentionHours
    subnetIds: [
      network.outputs.functionSubnetId
      network.outputs.dashboardSubnetId
    ]
    allowedIpRanges: allowedIpRanges
    workspaceId: monitoring.outputs.workspaceId
  }
}

module sql 'services/sql.bicep' = {
  name: 'sql'
  params: {
    name: names.sqlServer
    databaseName: names.database
    location: location
    tags: tags
    skuName: sizes.sql.sku
    skuTier: sizes.sql.tier
    capacity: sizes.sql.capacity
    maximumGb: sizes.sql.maximumGb
    zoneRedundant: sizes.sql.zoneRedundant
    administratorObjectId: deployerObjectId
    administratorName: deployerName
    administratorType: deployerType == 'ServicePrincipal' ? 'Application' : deployerType
    subnetIds: [
      network.outputs.functionSubnetId
      network.outputs.dashboardSubnetId
    ]
    workspaceId: monitoring.outputs.workspaceId
  }
}

module hotPath 'services/stream-analytics-job.bicep' = {
  name: 'job-hot-path'
  params: {
    name: names.hotPathJob
    location: location
    tags: tags
    query: powerBiOutput ? '${hotPathQuery}\n${powerBiQuery}' : hotPathQuery
    config: jobConfig
    inputs: hotPathInputs
    outputs: powerBiOutput ? concat(hotPathOutputs, powerBiOutputs) : hotPathOutputs
    streamingUnits: sizes.jobs.hotPathUnits
    hubName: hub.outputs.name
    eventHubsName: eventHubs.outputs.name
    archiveName: names.archive
    sqlHostName: sql.outputs.hostName
    databaseName: sql.outputs.databaseName
    powerBiGroupId: powerBiGroupId
    powerBiGroupName: powerBiGroupName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module coldPath 'services/stream-analytics-job.bicep' = {
  name: 'job-cold-path'
  params: {
    name: names.coldPathJob
    location: location
    tags: tags
    query: coldPathQuery
    config: jobConfig
    inputs: coldPathInputs
    outputs: coldPathOutputs
    streamingUnits: sizes.jobs.coldPathUnits
    hubName: hub.outputs.name
    eventHubsName: eventHubs.outputs.name
    archiveName: names.archive
    sqlHostName: sql.outputs.hostName
    databaseName: sql.outputs.databaseName
    powerBiGroupId: powerBiGroupId
    powerBiGroupName: powerBiGroupName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module alerts 'services/stream-analytics-job.bicep' = {
  name: 'job-alerts'
  params: {
    name: names.alertsJob
    location: location
    tags: tags
    query: alertsQuery
    config: jobConfig
    inputs: alertsInputs
    outputs: alertsOutputs
    streamingUnits: sizes.jobs.alertsUnits
    hubName: hub.outputs.name
    eventHubsName: eventHubs.outputs.name
    archiveName: names.archive
    sqlHostName: sql.outputs.hostName
    databaseName: sql.outputs.databaseName
    powerBiGroupId: powerBiGroupId
    powerBiGroupName: powerBiGroupName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module databricks 'services/databricks.bicep' = if (sizes.databricks.enabled) {
  name: 'databricks'
  params: {
    name: names.databricks
    location: location
    tags: tags
    networkId: network.outputs.networkId
    hostsSubnetName: network.outputs.databricksHostsName
    containersSubnetName: network.outputs.databricksContainersName
    workspaceId: monitoring.outputs.workspaceId
  }
}

// The archive names those who may reach it, so it comes after them.
module storage 'services/storage.bicep' = {
  name: 'storage'
  params: {
    archiveName: names.archive
    functionName: names.functionStorage
    location: location
    tags: tags
    redundancy: sizes.storage.redundancy
    coolAfterDays: sizes.storage.coolAfterDays
    archiveSubnetIds: network.outputs.databricksSubnetIds
    archiveReaders: sizes.databricks.enabled ? [coldPath.outputs.id, databricks.outputs.connectorId] : [coldPath.outputs.id]
    allowedIpRanges: allowedIpRanges
    functionSubnetId: network.outputs.functionSubnetId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'services/key-vault.bicep' = {
  name: 'key-vault'
  params: {
    name: names.vault
    location: location
    tags: tags
    functionSubnetId: network.outputs.functionSubnetId
    acknowledgeKey: acknowledgeKey
    smtpPassword: smtpPassword
    workspaceId: monitoring.outputs.workspaceId
  }
}

module communication 'services/communication.bicep' = {
  name: 'communication'
  params: {
    name: base
    tags: tags
    dataLocation: mailDataLocation
    workspaceId: monitoring.outputs.workspaceId
  }
}

module logicApp 'services/logic-app.bicep' = if (mailTransport == 'logic-app') {
  name: 'logic-app'
  params: {
    name: names.logicApp
    location: location
    tags: tags
    vaultName: vault.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

module access 'services/access.bicep' = {
  name: 'access'
  params: {
    hubName: hub.outputs.name
    provisioningName: provisioning.outputs.name
    eventHubsName: eventHubs.outputs.name
    archiveName: storage.outputs.archiveName
    functionStorageName: storage.outputs.functionName
    vaultName: vault.outputs.name
    communicationName: communication.outputs.name
    insightsName: monitoring.outputs.insightsName
    hotPathJobPrincipalId: hotPath.outputs.principalId
    coldPathJobPrincipalId: coldPath.outputs.principalId
    alertsJobPrincipalId: alerts.outputs.principalId
    functionPrincipalId: identities.outputs.functionPrincipalId
    dashboardPrincipalId: identities.outputs.dashboardPrincipalId
    databricksPrincipalId: sizes.databricks.enabled ? databricks.outputs.connectorPrincipalId : ''
    deployerObjectId: deployerObjectId
    deployerType: deployerType
  }
}

module dashboard 'services/dashboard.bicep' = {
  name: 'dashboard'
  params: {
    name: names.dashboard
    location: location
    tags: tags
    skuName: sizes.dashboard.sku
    instances: sizes.dashboard.instances
    zoneRedundant: sizes.dashboard.zoneRedundant
    identityId: identities.outputs.dashboardId
    identityClientId: identities.outputs.dashboardClientId
    subnetId: network.outputs.dashboardSubnetId
    registrationClientId: dashboardClientId
    eventHubsHostName: eventHubs.outputs.hostName
    sqlHostName: sql.outputs.hostName
    databaseName: sql.outputs.databaseName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module function 'services/function.bicep' = {
  name: 'function'
  params: {
    name: names.function
    location: location
    tags: tags
    instanceMemoryMb: sizes.function.instanceMemoryMb
    maximumInstances: sizes.function.maximumInstances
    identityId: identities.outputs.functionId
    identityClientId: identities.outputs.functionClientId
    subnetId: network.outputs.functionSubnetId
    storageName: storage.outputs.functionName
    packagesUrl: storage.outputs.packagesUrl
    eventHubsHostName: eventHubs.outputs.hostName
    insightsName: monitoring.outputs.insightsName
    sitesJson: sitesJson
    alertRecipients: alertRecipients
    sqlHostName: sql.outputs.hostName
    databaseName: sql.outputs.databaseName
    dashboardUrl: dashboard.outputs.url
    mailTransport: mailTransport
    mailFrom: mailTransport == 'communication-services' ? communication.outputs.sender : mailFrom
    communicationEndpoint: communication.outputs.endpoint
    smtpHost: smtpHost
    smtpUser: smtpUser
    vaultUri: vault.outputs.uri
    workspaceId: monitoring.outputs.workspaceId
  }
  // Without its roles the app could neither start nor fetch its code.
  dependsOn: [
    access
  ]
}

module alertRules 'services/alert-rules.bicep' = {
  name: 'alert-rules'
  params: {
    name: base
    location: location
    tags: tags
    actionGroupId: monitoring.outputs.actionGroupId
    workspaceId: monitoring.outputs.workspaceId
    hubId: hub.outputs.id
    hubMessagesPerDay: messagesPerDayAndUnit[sizes.iotHub.tier] * sizes.iotHub.units
    eventHubsId: eventHubs.outputs.id
    jobs: [
      {
        name: names.hotPathJob
        id: hotPath.outputs.id
      }
      {
        name: names.coldPathJob
        id: coldPath.outputs.id
      }
      {
        name: names.alertsJob
        id: alerts.outputs.id
      }
    ]
    functionStorageId: storage.outputs.functionId
  }
}

module budget 'services/budget.bicep' = {
  name: 'budget'
  params: {
    name: names.budget
    amount: sizes.budget.monthlyUsd
    startDate: budgetStart
    contacts: [
      operatorMail
    ]
  }
}

output hubHostName string = hub.outputs.hostName
output provisioningIdScope string = provisioning.outputs.idScope
output provisioningServiceHostName string = provisioning.outputs.serviceHostName
output sqlHostName string = sql.outputs.hostName
output sqlDatabase string = sql.outputs.databaseName
// Roles of cloud/sql/migrations: jobs write averages and anomalies, the Function incidents.
output sqlUsers array = [
  {
    name: hotPath.outputs.name
    role: 'telemetry_writer'
  }
  {
    name: alerts.outputs.name
    role: 'telemetry_writer'
  }
  {
    name: identities.outputs.functionName
    role: 'incident_writer'
  }
  {
    name: identities.outputs.dashboardName
    role: 'telemetry_reader'
  }
]
output dashboardIdentityPrincipalId string = identities.outputs.dashboardPrincipalId
output dashboardUrl string = dashboard.outputs.url
output functionUrl string = function.outputs.url
output archiveUrl string = 'https://${storage.outputs.archiveName}.dfs.${az.environment().suffixes.storage}/'
output databricksUrl string = sizes.databricks.enabled ? databricks.outputs.url : ''
