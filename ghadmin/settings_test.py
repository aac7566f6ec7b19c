"""The tests' settings: as in production, with fixed secrets and fast passwords."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("GITHUB_WEBHOOK_SECRET", "It's a Secret to Everybody")
# Never the machine's own AWS account, and never its credentials.
os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
os.environ.setdefault("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody answers there
os.environ.setdefault("CELERY_BROKER_DIR", str(Path(tempfile.mkdtemp(prefix="ghadmin-test-"))))

from ghadmin.settings import *  # noqa: F403, E402 -- a settings overlay

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
