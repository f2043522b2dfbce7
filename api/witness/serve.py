"""A witness that listens: its application under waitress, until it is told to stop.

Stopping loses nothing: what was answered is on the disk, what was not is asked again.
`tests/witness/test_witness_command.py` shows it with a real process.
"""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable
from typing import Any, Final

from api.doctor.machine_checks import port_cure
from api.terminal.exits import Exit, Stop
from api.witness.app import WitnessApp
from api.witness.folder import WitnessFolder
from ledger.witnessing.request import REQUEST_BYTES_MAX

_THREADS: Final = 8
_QUIET_S: Final = 30


def serve(folder: WitnessFolder, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. `announce` is called once with the address."""
    vkey, state = folder.vkey, folder.state()
    folder.trusted()  # A file of logs that cannot be read is told now.
    server = _listening(WitnessApp(folder.witness(state), vkey), host, port)

    def stop(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    told = f"[{host}]" if ":" in host else host
    announce(f"http://{told}:{int(server.effective_port)}")
    try:
        server.run()
    finally:
        server.close()
        state.close()


def _listening(app: WitnessApp, host: str, port: int) -> Any:
    from waitress.server import create_server

    try:
        return create_server(
            app, host=host, port=port, threads=_THREADS, ident="", channel_timeout=_QUIET_S,
            max_request_body_size=2 * REQUEST_BYTES_MAX, max_request_header_size=8_192)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Stop(Exit.WORLD_IS_WRONG, "port_in_use", f"端口 {port} 已被占用", port_cure(port)) from None
        why = errno.errorcode.get(error.errno or 0, "?")
        raise Stop(Exit.WORLD_IS_WRONG, "cannot_listen", f"无法监听 {host}:{port}（{why}）",
                   "请改用本机的地址和 1024 以上的端口") from None
