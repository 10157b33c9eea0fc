"""Services that hold the state of an Azure Logic Apps integration account."""
