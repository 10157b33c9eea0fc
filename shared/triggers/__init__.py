"""The HTTP, queue and timer functions: one blueprint for each resource. Parse, call one thing,
answer."""
