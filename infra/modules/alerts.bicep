// Alert rules over the app's events. Each is one line that begins with the event's name and ends
// with its fields in JSON, as shared/telemetry/events.py writes it; the Functions host passes on a line's
// text and nothing more. docs/telemetry.md has the same queries by hand.

param token string
param location string
param tags object
param insightsId string

@description('Who is sent a mail; empty for nobody.')
param email string

var rules = [
  {
    type: 'BackupMissed'
    severity: 2
    description: 'Scheduled backups of a service did not run at their due times.'
  }
  {
    type: 'BackupFailed'
    severity: 1
    description: 'A scheduled backup of a service failed after all its attempts.'
  }
  {
    type: 'BackupPartial'
    severity: 2
    description: 'A scheduled backup of a service lacks what could not be read.'
  }
  {
    type: 'VerifyFailed'
    severity: 1
    description: 'A backup of a service did not verify.'
  }
  {
    type: 'ClocksDiffer'
    severity: 1
    description: 'The clocks of the app and its storage differ: due backups wait.'
  }
  {
    type: 'PullFailed'
    severity: 1
    description: 'A linked service could not be brought to what its integration account holds.'
  }
  {
    type: 'AccountChanged'
    severity: 3
    description: 'A pull found artifacts changed in an integration account.'
  }
  {
    type: 'AccountChanging'
    severity: 2
    description: 'An integration account changed each time that a pull read it.'
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'interkeep'
    enabled: true
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource raised 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'interkeep-${rule.type}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Interkeep: ${rule.type}'
    description: rule.description
    severity: rule.severity
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: 'traces | where severityLevel >= 3 and message startswith "${rule.type}: " | extend event = parse_json(extract("([{][^{}]*[}])$", 1, message)) | extend service = tostring(event.service)'
          timeAggregation: 'Count'
          dimensions: [
            {
              name: 'service'
              operator: 'Include'
              values: ['*']
            }
          ]
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(email) ? [] : [operators.id]
    }
  }
}]

// Who never looks for what is due never says that it was missed.
resource silent 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'interkeep-SchedulesSilent-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Interkeep: SchedulesSilent'
    description: 'The timer that starts due backups has not run for 30 minutes.'
    severity: 1
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: 'requests | where name == "run_schedules" and success == true'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(email) ? [] : [operators.id]
    }
  }
}
