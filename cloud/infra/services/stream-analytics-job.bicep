// One Stream Analytics job from its files in cloud/stream-analytics. It is not started here:
// its roles have to be in force first (`npm run deploy -- up` starts it).

@description('Name of the job.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('The query: a file of cloud/stream-analytics.')
param query string

@description('cloud/stream-analytics/JobConfig.json.')
param config object

@description('The files of Inputs/ that the query names.')
param inputs array

@description('The files of Outputs/ that the query names.')
param outputs array

@description('3 and 7 are a third and two thirds of a unit, 10 is one, 20 two, and so on.')
param streamingUnits int

@description('Name of the hub that is read.')
param hubName string

@description('Namespace of the event hubs that are written.')
param eventHubsName string

@description('Storage account of the archive.')
param archiveName string

@description('Host name of the SQL server.')
param sqlHostName string

@description('Database that is written.')
param databaseName string

@description('Id of the Power BI workspace, when a Power BI output is among the outputs.')
param powerBiGroupId string

@description('Name of the Power BI workspace.')
param powerBiGroupName string

@description('Log Analytics workspace.')
param workspaceId string

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hubName
}

resource job 'Microsoft.StreamAnalytics/streamingjobs@2021-10-01-preview' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    sku: {
      name: config.Sku.Name
    }
    jobType: 'Cloud'
    compatibilityLevel: config.CompatibilityLevel
    contentStoragePolicy: config.ContentStoragePolicy
    dataLocale: config.DataLocale
    // The project file's word for it is Retry, the service's is Stop.
    outputErrorPolicy: config.OutputErrorPolicy == 'Retry' ? 'Stop' : config.OutputErrorPolicy
    eventsOutOfOrderPolicy: config.EventsOutOfOrderPolicy
    eventsOutOfOrderMaxDelayInSeconds: config.EventsOutOfOrderMaxDelayInSeconds
    eventsLateArrivalMaxDelayInSeconds: config.EventsLateArrivalMaxDelayInSeconds
  }
}

resource jobQuery 'Microsoft.StreamAnalytics/streamingjobs/transformations@2021-10-01-preview' = {
  parent: job
  name: 'query'
  properties: {
    query: query
    streamingUnits: streamingUnits
  }
}

// Stream Analytics reads IoT Hub with a key only: the policy of the file may read telemetry, no more.
resource jobInputs 'Microsoft.StreamAnalytics/streamingjobs/inputs@2021-10-01-preview' = [for input in inputs: {
  parent: job
  name: input.Name
  properties: {
    type: 'Stream'
    datasource: {
      type: 'Microsoft.Devices/IotHubs'
      properties: {
        iotHubNamespace: hubName
        endpoint: 'messages/events'
        consumerGroupName: input.IoTHubProperties.ConsumerGroupName
        sharedAccessPolicyName: input.IoTHubProperties.SharedAccessPolicyName
        sharedAccessPolicyKey: listKeys('${hub.id}/IotHubKeys/${input.IoTHubProperties.SharedAccessPolicyName}', '2023-06-30').primaryKey
      }
    }
    compression: {
      type: input.CompressionType
    }
    serialization: {
      type: input.Serialization.Type
      properties: {
        encoding: input.Serialization.Encoding
      }
    }
  }
}]

resource eventHubOutputs 'Microsoft.StreamAnalytics/streamingjobs/outputs@2021-10-01-preview' = [for target in outputs: if (target.DataSourceType == 'Event Hub') {
  parent: job
  name: target.Name
  properties: {
    datasource: {
      type: 'Microsoft.EventHub/EventHub'
      properties: {
        authenticationMode: target.EventHubProperties.AuthenticationMode
        serviceBusNamespace: eventHubsName
        eventHubName: target.EventHubProperties.EventHubName
        partitionKey: target.EventHubProperties.PartitionKey
        propertyColumns: target.EventHubProperties.PropertyColumns
      }
    }
    serialization: {
      type: target.Serialization.Type
      properties: {
        encoding: target.Serialization.Encoding
        format: target.Serialization.Format
      }
    }
  }
}]

resource archiveOutputs 'Microsoft.StreamAnalytics/streamingjobs/outputs@2021-10-01-preview' = [for target in outputs: if (target.DataSourceType == 'Blob Storage') {
  parent: job
  name: target.Name
  properties: {
    datasource: {
      type: 'Microsoft.Storage/Blob'
      properties: {
        authenticationMode: target.BlobStorageProperties.AuthenticationMode
        storageAccounts: [
          {
            accountName: archiveName
          }
        ]
        container: target.BlobStorageProperties.Container
        pathPattern: target.BlobStorageProperties.PathPattern
        dateFormat: target.BlobStorageProperties.DateFormat
        timeFormat: target.BlobStorageProperties.TimeFormat
      }
    }
    serialization: {
      type: target.Serialization.Type
      properties: {
        encoding: target.Serialization.Encoding
        fieldDelimiter: target.Serialization.FieldDelimiter
      }
    }
  }
}]

resource tableOutputs 'Microsoft.StreamAnalytics/streamingjobs/outputs@2021-10-01-preview' = [for target in outputs: if (target.DataSourceType == 'SQL Database') {
  parent: job
  name: target.Name
  properties: {
    datasource: {
      type: 'Microsoft.Sql/Server/Database'
      properties: {
        authenticationMode: target.SQLDatabaseProperties.AuthenticationMode
        server: sqlHostName
        database: databaseName
        table: target.SQLDatabaseProperties.Table
        maxBatchCount: target.SQLDatabaseProperties.MaxBatchCount
        maxWriterCount: target.SQLDatabaseProperties.MaxWriterCount
      }
    }
  }
}]

resource powerBiOutputs 'Microsoft.StreamAnalytics/streamingjobs/outputs@2021-10-01-preview' = [for target in outputs: if (target.DataSourceType == 'Power BI') {
  parent: job
  name: target.Name
  properties: {
    datasource: {
      type: 'PowerBI'
      properties: {
        authenticationMode: target.PowerBIProperties.AuthenticationMode
        dataset: target.PowerBIProperties.Dataset
        table: target.PowerBIProperties.Table
        groupId: powerBiGroupId
        groupName: powerBiGroupName
      }
    }
  }
}]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: job
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'Execution'
        enabled: true
      }
      {
        category: 'Authoring'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output id string = job.id
output name string = job.name
output principalId string = job.identity.principalId
