"""The first state of `update-member`: is this input what it says it is?"""
