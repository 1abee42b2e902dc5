// About 200,000 meters behind 2,000 gateways. Sizes are in fleet.json, which the estimate of
// `npm run deploy -- plan` reads too. What is not a size comes from `npm run deploy` in its environment, not in
// its arguments, which every user of the machine could list.
using '../main.bicep'

param environment = 'fleet'
param sizes = loadJsonContent('fleet.json')
param suffix = readEnvironmentVariable('IOT_SUFFIX')
param deployerObjectId = readEnvironmentVariable('IOT_DEPLOYER_OBJECT_ID')
param deployerName = readEnvironmentVariable('IOT_DEPLOYER_NAME')
param deployerType = readEnvironmentVariable('IOT_DEPLOYER_TYPE', 'User')
param operatorMail = readEnvironmentVariable('IOT_OPERATOR_MAIL')
param alertRecipients = readEnvironmentVariable('IOT_ALERT_RECIPIENTS', readEnvironmentVariable('IOT_OPERATOR_MAIL'))
param dashboardClientId = readEnvironmentVariable('IOT_DASHBOARD_CLIENT_ID')
param acknowledgeKey = readEnvironmentVariable('IOT_ACKNOWLEDGE_KEY', '')
param budgetStart = readEnvironmentVariable('IOT_BUDGET_START')
