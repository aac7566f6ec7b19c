"""A state of `onboard-member` and of `update-member`: how somebody stands now."""
