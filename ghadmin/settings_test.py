"""The tests' settings: as in production, with fixed secrets and fast passwords."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

TEMPORARY = Path(tempfile.mkdtemp(prefix="ghadmin-test-"))
atexit.register(shutil.rmtree, TEMPORARY, ignore_errors=True)

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("GITHUB_WEBHOOK_SECRET", "It's a Secret to Everybody")
# Never the machine's own AWS account, and never its credentials.
os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
os.environ.setdefault("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody answers there
os.environ.setdefault("CELERY_BROKER_DIR", str(TEMPORARY / "broker"))

# Where the database keeps its files must not matter, but that it is a real one does: SQLite in memory
# knows neither WAL nor two connections that wait for each other.
os.environ.setdefault("DATABASE_URL", f"sqlite:///{TEMPORARY / 'ghadmin.sqlite3'}")

from ghadmin.settings import *  # noqa: E402, F403 -- a settings overlay

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Straight from their sources: a fresh clone has collected nothing, and a used one may be stale.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STATIC_ROOT = TEMPORARY / "static"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405 -- of the overlay
    DATABASES["default"]["TEST"] = {"NAME": str(TEMPORARY / "test.sqlite3")}  # noqa: F405
