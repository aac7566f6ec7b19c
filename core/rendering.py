"""How the REST API writes JSON."""

from typing import Any

import orjson
from rest_framework import renderers


class JSONRenderer(renderers.JSONRenderer):
    """DRF's JSON, written by orjson in a fifth of the time."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        """Write what DRF would write; what orjson refuses, it writes itself."""
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}):
            return super().render(data, accepted_media_type, renderer_context)
        try:
            return orjson.dumps(
                data,
                default=self.encoder_class().default,
                option=orjson.OPT_PASSTHROUGH_DATETIME,  # DRF ends UTC in Z
            )
        except TypeError:  # such as a number above 64 bits
            return super().render(data, accepted_media_type, renderer_context)
