"""Objects that are sent and answered: what one does not name it does not take, and each is read by what was sent.

`tests/api/test_reading_bodies.py` shows that they are read as the library reads them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Self

import marshmallow as ma


class Shared(ma.Schema):
    """Never changed once it was made: whoever copies a description of it for each decorator keeps the same one."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class _Way(NamedTuple):
    """How one field of an object is read."""

    name: str          # As it is sent.
    key: str           # As it is held.
    field: ma.fields.Field[Any]
    is_wanted: bool    # Also where it was not sent: it has to be, or has a default.
    is_plain: bool     # By nothing but its own reading.


class Body(Shared):
    """A JSON object that is sent or answered: what it does not name, it does not take."""

    error_messages: Final[dict[str, str]] = {  # type: ignore[misc]
        "unknown": "没有这个字段；请查拼写。", "type": "应为 JSON 对象。",
    }

    class Meta:
        unknown = ma.RAISE

    def _deserialize(
        self, data: Any, *, error_store: Any, many: bool = False, partial: Any = None, unknown: Any = ma.RAISE,
        index: int | None = None,
    ) -> Any:
        """Read an object as the library does, by way of what was sent and not of all that might have been.

        For each field of a claim, some fifty, of which a dozen are sent, the library makes a function and calls it
        through four others.
        """
        if type(data) is not dict or many or partial or unknown != ma.RAISE:
            return super()._deserialize(
                data, error_store=error_store, many=many, partial=partial, unknown=unknown, index=index)
        found, unread = {}, set(data)
        for name, key, field, is_wanted, is_plain in self._ways():
            if name in data:
                unread.discard(name)
            elif not is_wanted:
                continue
            value = data.get(name, ma.missing)
            try:
                read = field._deserialize if is_plain and value is not None and name in data else field.deserialize
                value = read(value, name, data)
            except ma.ValidationError as error:
                error_store.store_error(error.messages, name, index=index if self.opts.index_errors else None)
                value = error.valid_data or ma.missing
            if value is not ma.missing:
                found[key] = value
        for name in [name for name in data if name in unread]:
            error_store.store_error([self.error_messages["unknown"]], name, index if self.opts.index_errors else None)
        return found

    def _ways(self) -> tuple[_Way, ...]:
        """How each field is read; anew when a copy of a description has been given other fields."""
        known = self.__dict__.get("_known_ways")
        if known is None or known[0] is not self.load_fields:
            known = self.load_fields, tuple(_Way(
                field.data_key or name, field.attribute or name, field,
                field.required or field.load_default is not ma.missing,
                not (field.validators or field.pre_load or field.post_load),
            ) for name, field in self.load_fields.items())
            self.__dict__["_known_ways"] = known
        ways: tuple[_Way, ...] = known[1]
        return ways


class Query(Body):
    """What may stand in an address."""

    error_messages: Final[dict[str, str]] = {"unknown": "没有这个参数；请查拼写。", "type": "参数无法读懂。"}  # type: ignore[misc]
