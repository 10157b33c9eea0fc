"""Integration accounts of Azure Logic Apps: linked to services, and pulled into them."""
