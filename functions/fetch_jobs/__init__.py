"""The second state of `workflow-cost`: the jobs of one attempt, from GitHub."""
