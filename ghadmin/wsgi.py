"""The web process's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from core.checks import require_sound_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ghadmin.settings")

application = get_wsgi_application()
require_sound_settings()
