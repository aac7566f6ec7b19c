"""What Django and the Lambdas share: pure Python about GitHub, its events and its prices.

Nothing here reads the environment or the clock; such values come in as arguments.
"""
