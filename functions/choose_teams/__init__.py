"""A state of `onboard-member`: which teams the published rules give."""
