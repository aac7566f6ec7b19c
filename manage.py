#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    """Run the named management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ghadmin.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- needs the setting

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
