"""The control API: how tests, demos and people tell the sandbox what to do."""
