"""Azure Resource Manager (ARM): how integration accounts are read and written."""
