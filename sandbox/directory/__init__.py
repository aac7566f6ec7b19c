"""A company's directory of people: one JSON record a person, behind a bearer token."""
