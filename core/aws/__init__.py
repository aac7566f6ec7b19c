"""AWS, as far as the dashboard uses it: the only Django code that imports boto3."""
