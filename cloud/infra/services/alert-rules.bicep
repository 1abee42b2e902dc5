// What is looked at day and night: data that lags, messages that were lost, throttled or left behind,
// mails that nobody took. The operators hear of it; mails about meters are the Function's.

@description('Start of the names.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Who is told.')
param actionGroupId string

@description('Log Analytics workspace.')
param workspaceId string

@description('The hub.')
param hubId string

@description('Messages a day that the hub takes: 400,000, 6 million or 300 million for each unit of S1, S2, S3.')
param hubMessagesPerDay int

@description('Namespace of the event hubs.')
param eventHubsId string

@description('The jobs: {name, id} each.')
param jobs array

@description('Storage account of the Function app, with the queue of mails that nobody took.')
param functionStorageId string

var jobRules = [
  {
    name: 'lag'
    description: 'Output is more than five minutes behind the input: more streaming units, or an output is slow.'
    metric: 'OutputWatermarkDelaySeconds'
    aggregation: 'Maximum'
    threshold: 300
    severity: 2
    windowSize: 'PT15M'
  }
  {
    name: 'backlog'
    description: 'Events wait in the hub for this job.'
    metric: 'InputEventsSourcesBacklogged'
    aggregation: 'Maximum'
    threshold: 10000
    severity: 2
    windowSize: 'PT15M'
  }
  {
    name: 'errors'
    description: 'The job reports errors (see its activity log). It tries again until its output is taken.'
    metric: 'Errors'
    aggregation: 'Total'
    threshold: 0
    severity: 1
    windowSize: 'PT15M'
  }
  {
    name: 'memory'
    description: 'More than 80 % of the streaming units are in use: add some before the job falls behind.'
    metric: 'ResourceUtilization'
    aggregation: 'Maximum'
    threshold: 80
    severity: 3
    windowSize: 'PT15M'
  }
]

var hubRules = [
  {
    name: 'dropped'
    description: 'IoT Hub dropped messages because an endpoint did not take them.'
    metric: 'd2c.telemetry.egress.dropped'
    aggregation: 'Total'
    threshold: 0
    severity: 1
    windowSize: 'PT15M'
  }
  {
    name: 'orphaned'
    description: 'Messages matched no route, although there is a fallback route.'
    metric: 'd2c.telemetry.egress.orphaned'
    aggregation: 'Total'
    threshold: 0
    severity: 1
    windowSize: 'PT15M'
  }
  {
    name: 'invalid'
    description: 'Messages do not fit the endpoint that they are routed to.'
    metric: 'd2c.telemetry.egress.invalid'
    aggregation: 'Total'
    threshold: 0
    severity: 2
    windowSize: 'PT15M'
  }
  {
    name: 'throttled'
    description: 'Devices are held back: the hub needs more units.'
    metric: 'd2c.telemetry.ingress.sendThrottle'
    aggregation: 'Total'
    threshold: 100
    severity: 2
    windowSize: 'PT15M'
  }
  {
    name: 'quota'
    description: 'Four fifths of the messages of a day are used up. At the limit the hub refuses devices until midnight UTC.'
    metric: 'dailyMessageQuotaUsed'
    aggregation: 'Maximum'
    threshold: hubMessagesPerDay * 4 / 5
    severity: 1
    windowSize: 'PT15M'
  }
]

var eventHubsRules = [
  {
    name: 'throttled'
    description: 'The event hubs refuse requests: raise the throughput units.'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 0
    severity: 2
    windowSize: 'PT15M'
  }
  {
    name: 'server-errors'
    description: 'The event hubs report errors of their own.'
    metric: 'ServerErrors'
    aggregation: 'Total'
    threshold: 10
    severity: 2
    windowSize: 'PT15M'
  }
]

// The metric is counted once an hour, over all queues: the app keeps nothing else in queues for long.
var deadLetterRules = [
  {
    name: 'dead-letters'
    description: 'A mail that nobody took lies in the queue dead-mails: cloud/function/README.md tells how to look at it and send it again.'
    metric: 'QueueMessageCount'
    aggregation: 'Average'
    threshold: 0
    severity: 1
    windowSize: 'PT1H'
  }
]

module jobAlerts 'metric-alerts.bicep' = [for job in jobs: {
  name: 'alerts-on-${job.name}'
  params: {
    name: job.name
    tags: tags
    actionGroupId: actionGroupId
    resourceId: job.id
    metricNamespace: 'Microsoft.StreamAnalytics/streamingjobs'
    rules: jobRules
  }
}]

module hubAlerts 'metric-alerts.bicep' = {
  name: 'alerts-on-hub'
  params: {
    name: '${name}-hub'
    tags: tags
    actionGroupId: actionGroupId
    resourceId: hubId
    metricNamespace: 'Microsoft.Devices/IotHubs'
    rules: hubRules
  }
}

module eventHubsAlerts 'metric-alerts.bicep' = {
  name: 'alerts-on-event-hubs'
  params: {
    name: '${name}-events'
    tags: tags
    actionGroupId: actionGroupId
    resourceId: eventHubsId
    metricNamespace: 'Microsoft.EventHub/namespaces'
    rules: eventHubsRules
  }
}

module deadLetterAlerts 'metric-alerts.bicep' = {
  name: 'alerts-on-dead-letters'
  params: {
    name: '${name}-mails'
    tags: tags
    actionGroupId: actionGroupId
    resourceId: '${functionStorageId}/queueServices/default'
    metricNamespace: 'Microsoft.Storage/storageAccounts/queueServices'
    rules: deadLetterRules
  }
}

// Event Hubs' standard tier has no metric for how far a reader is behind. The Functions host writes
// with each batch when its first event came in: the oldest of them says how far the Function is.
resource functionLag 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${name}-function-lag'
  location: location
  tags: tags
  properties: {
    displayName: 'The Function reads the event hub more than five minutes late'
    severity: 2
    enabled: true
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/function-lag.kql')
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'lagSeconds'
          operator: 'GreaterThan'
          threshold: 300
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}

resource functionErrors 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${name}-function-errors'
  location: location
  tags: tags
  properties: {
    displayName: 'The Function fails again and again'
    severity: 2
    enabled: true
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/function-errors.kql')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 5
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}
