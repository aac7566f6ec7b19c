"""What orders over REST may say: nothing that would be passed over in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework import exceptions, parsers, serializers

if TYPE_CHECKING:
    from typing import IO

# A multipart form without a part, as programs send that have nothing to say.
_EMPTY_FORM = re.compile(rb"--[^\r\n]+--\s*")


class StrictSerializer(serializers.Serializer[Any]):
    """An order: a field that it does not know is refused by name.

    Passed over, `{"filter": {"state": "FAILED"}}` would retry everything, and `{"dry_run": true}`
    would do it.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in unknown}
            )
        return super().to_internal_value(data)


class OptionalJsonParser(parsers.BaseParser):
    """Read JSON where a body is welcome and none is needed, whatever its type says.

    `curl -d '{"input": …}'` calls its body a form; taken for none, the old input would run again.
    """

    media_type = "*/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 -- DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 -- DRF's signature
    ) -> Any:
        body = stream.read()
        if not body.strip() or _EMPTY_FORM.fullmatch(body):
            return {}
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            message = f"The body is not JSON: {exc}"
            raise exceptions.ParseError(message) from exc
