"""What is answered about evidence files. `tests/api/test_evidence.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.evidence.types import LISTS, TYPES
from api.routes.schemas.common import Answer


class FileAnswer(Answer):
    """A file that was uploaded."""

    sha256 = ma.fields.String(required=True)
    media_type = ma.fields.String(required=True, metadata={"description": "按内容判定", "enum": [*TYPES, *LISTS]})
    bytes = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True, allow_none=True, metadata={"description": "上传时的文件名，密封保存"})
    received_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    by = ma.fields.String(required=True, metadata={"description": "上传者的编号"})


class FilesAnswer(Answer):
    """What a person has uploaded."""

    person = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(FileAnswer), required=True)
