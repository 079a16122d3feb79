// Package triggers handles the events of inbound texts: it reads trigger files,
// finds the triggers that match a message, and resolves each match to a request
// to Temporal, which starts, signals or updates a workflow.
//
// A trigger file is YAML:
//
//	triggers:
//	  - name: order-status
//	    pattern: 'Order Number (?<orderNumber>.+)'
//	    echo: 'Your reference number is ${orderNumber}'
//	    echoError: 'There was a problem publishing that event.'
//	    start:
//	      workflow: OrderStatusWorkflow
//	      taskQueue: orders
//	      input: {orderNumber: '${matchGroups.orderNumber}', from: '${from}'}
//	  - name: cancel
//	    pattern: '(?i)^cancel (?<orderNumber>\d+)$'
//	    signal: {workflowId: 'order-${matchGroups.orderNumber}', name: cancel}
//
// Every trigger that matches the message fires. The contract is that of the
// Alfresco Twilio connector's SMS_RECEIVED event, and the connector's own
// trigger files are read unchanged. docs/triggers.md describes everything that
// a file can contain, and schema.json describes it for editors.
//
// [Load] reads files and [Open] follows them; [Set.Match] returns a [Match] for
// each trigger that fires. The webhook's Dispatcher then hands the message to
// Temporal exactly once, however often Twilio delivers it.
package triggers
