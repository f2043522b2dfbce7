"""What tests of the doors begin with: a house, a unit in it, somebody who belongs there, and who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.api.course_kit import School, school_in
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.api.learning_kit import Scene, learning_in

if TYPE_CHECKING:
    from api.operational.place import Place
    from tests.postgres_kit import Server

SCHEMA = "operations_of_tests"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("house") / "data") as town:
        yield town


@pytest.fixture(scope="module")
def works(town: Town) -> BODY:
    return town.unit("某厂", "330203", "industry")


@pytest.fixture
def person(town: Town, works: BODY) -> Someone:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    return person


@pytest.fixture(scope="module")
def officer(town: Town, works: BODY) -> Someone:
    return town.officer(works, "unit", "330203", unit=works["unit"])


@pytest.fixture(scope="module")
def scene(town: Town, works: BODY) -> Scene:
    li = town.person("李明")
    town.belongs(li, works, "2020-01-01")
    return Scene(town, li, learning_in(town, li))


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_in(tmp_path_factory.mktemp("school") / "data") as school:
        yield school


@pytest.fixture(scope="session")
def operational_pattern(postgres_server: Server) -> str:
    """A database with the operational tables, of which each test has a copy: to migrate takes twice as long."""
    from api.operational.place import STEPS
    from ledger.stores.postgres_schema import migrate

    conninfo = postgres_server.new_database(migrated=False)
    migrate(conninfo, SCHEMA, STEPS)
    return conninfo


@pytest.fixture
def operational_database(operational_pattern: str, postgres_server: Server) -> Iterator[str]:
    conninfo = postgres_server.copy_of(operational_pattern)
    yield conninfo
    postgres_server.drop_database(conninfo)


@pytest.fixture(params=["file", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where operational tables may lie, with nothing in them: each test is done in either."""
    if request.param == "file":
        yield tmp_path / "operations.db"
        return
    from ledger.stores.postgres_portable import PortableDatabase

    database = PortableDatabase(request.getfixturevalue("operational_database"), SCHEMA)
    yield database
    database.close()


@pytest.fixture
def kept(place: Place, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], bytes]:
    """Everything that is kept there, as whoever takes it away would have it."""
    def in_files() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))

    def in_tables() -> bytes:
        import psycopg

        with psycopg.connect(request.getfixturevalue("operational_database")) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SCHEMA]).fetchall()
            rows = [value for (table,) in tables for row in connection.execute(f'SELECT * FROM "{SCHEMA}"."{table}"')
                    for value in row]
        assert rows, "there is something to be found in them"
        return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in rows)

    return in_files if isinstance(place, Path) else in_tables
