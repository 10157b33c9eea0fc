"""A stand-in for Azure Resource Manager: integration accounts, and the workflows that use them.

It answers as recorded conversations and Microsoft's specification say; where neither does, a
switch says which of two ways it goes. Its state lives in memory. A development tool; never
deployed. It knows nothing of Interkeep.
"""
