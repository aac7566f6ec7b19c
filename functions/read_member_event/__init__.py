"""The first state of `onboard-member`: is this input what it says it is?"""
