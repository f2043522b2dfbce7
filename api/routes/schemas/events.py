"""How events are told. `tests/api/test_http_events.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.schemas.common import Answer
from api.routes.schemas.histories import Reflects


class EventAnswer(Answer):
    """An event as it stands in the log; what is sealed is not here."""

    position = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    stream = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    by = ma.fields.Dict(required=True)
    event = ma.fields.Dict(required=True)


class EventsAnswer(Reflects):
    """The events of one record, oldest first."""

    items = ma.fields.List(ma.fields.Nested(EventAnswer), required=True)
    version = ma.fields.Integer(required=True)
