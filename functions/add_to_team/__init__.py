"""A state of `onboard-member`, once for each team: puts the person into it."""
