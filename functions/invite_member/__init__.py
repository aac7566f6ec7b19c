"""A state of `onboard-member`: invites who was asked for by hand and is not in yet."""
