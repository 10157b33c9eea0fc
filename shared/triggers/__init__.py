"""The doors: one blueprint a resource. Parse, call one thing, answer."""
