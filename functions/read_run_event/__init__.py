"""The first state of `workflow-cost`: is this input what it says it is?"""
