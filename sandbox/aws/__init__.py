"""The sandbox's AWS: the pinned ministack, and what makes it behave as AWS does."""
