"""A state of `onboard-member`: who the person is in the company."""
