// Alerts on the metrics of one resource.

@description('Start of the names.')
param name string

@description('Tags for every resource.')
param tags object

@description('Who is told.')
param actionGroupId string

@description('The resource that is looked at.')
param resourceId string

@description('Its kind, as the metrics name it.')
param metricNamespace string

@description('{name, description, metric, aggregation, threshold, severity, windowSize} each: told when the metric is greater.')
param rules array

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [for rule in rules: {
  name: '${name}-${rule.name}'
  location: 'global'
  tags: tags
  properties: {
    description: rule.description
    enabled: true
    severity: rule.severity
    scopes: [
      resourceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: rule.windowSize
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: rule.name
          metricNamespace: metricNamespace
          metricName: rule.metric
          timeAggregation: rule.aggregation
          operator: 'GreaterThan'
          threshold: rule.threshold
        }
      ]
    }
    autoMitigate: true
    actions: [
      {
        actionGroupId: actionGroupId
      }
    ]
  }
}]
