"""Settings of the property tests."""

from hypothesis import settings

# A busy machine makes single examples slow; that is no fault of the code under test.
settings.register_profile("ghadmin", deadline=None)
settings.load_profile("ghadmin")
