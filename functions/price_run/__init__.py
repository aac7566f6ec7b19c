"""The third state of `workflow-cost`: what the jobs cost."""
