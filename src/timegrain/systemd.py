"""What a service manager hands to a server and is told by it. Nothing happens where there is none."""

from __future__ import annotations

import os
import socket

FIRST = 3
"""The number of the first file that is handed over."""


def handed_sockets() -> list[socket.socket]:
    """The listening sockets of a `.socket` unit. They are taken once: what the server starts does not find them."""
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return []
    handed = int(os.environ.pop("LISTEN_FDS", "0"))
    os.environ.pop("LISTEN_FDNAMES", None)
    return [taken(number) for number in range(FIRST, FIRST + handed)]


def taken(number: int) -> socket.socket:
    """A listening socket by its number. Raises `OSError` where it is none."""
    found = socket.socket(fileno=number)
    if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise OSError(f"{number} is no listening socket")
    os.set_inheritable(number, False)
    return found


def notify(state: str) -> None:
    """Tell the service manager, such as `READY=1`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(state.encode(), address)


async def notify_well() -> None:
    """Told by the server's loop at its first turn, when it listens, and every few seconds after."""
    notify("READY=1\nWATCHDOG=1")
