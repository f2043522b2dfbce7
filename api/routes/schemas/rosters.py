"""What is sent to register a roster. `tests/api/test_http_rosters.py` shows it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma

from api.paper.sheets import FILE_BYTES_MOST
from api.routes.bodies import Body
from api.routes.fields import Sha256, Text


class File(ma.fields.String):
    """A whole file, in base64 (RFC 4648)."""

    default_error_messages = {"required": "这个字段必须给出。", "null": "不能为 null；没有的请不写。"}  # noqa: RUF012 - the library's name for it
    most: Final = 4 * ((FILE_BYTES_MOST + 2) // 3)

    def __init__(self, **kwargs: Any) -> None:
        shape = {"contentEncoding": "base64", "minLength": 4, "maxLength": self.most,
                 "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}
        super().__init__(metadata=shape | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not 4 <= len(value) <= self.most:
            raise ma.ValidationError(f"应为不空的文件（base64），最多 {FILE_BYTES_MOST >> 20} MB。")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ma.ValidationError("应为标准的 base64，不含空白和换行。") from None


class RosterBody(Body):
    """Those who were at a class, as a spreadsheet: sent, or handed in by the organiser before."""

    file = File(metadata={"description": "名单（XLSX 或 CSV），每行一人；与 list_sha256 二选一",
                          "example": "6K+B5Lu25Y+356CBLOWnk+WQjQ0K"})
    list_sha256 = Sha256(metadata={"description": "办班单位随举办情况交来的名单，以其 SHA-256 指明；与 file 二选一"})
    document = Text(100, metadata={"description": "细则没有规定学时的，确认学时所依据的文件号"})

    @ma.validates_schema
    def _one_list(self, data: dict[str, Any], **_: Any) -> None:
        if ("file" in data) == ("list_sha256" in data):
            raise ma.ValidationError("名单（file）和交来的名单（list_sha256）须给出其中一个。", "file")
