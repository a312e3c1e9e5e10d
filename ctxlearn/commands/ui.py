"""`ctxlearn ui`: serve the app to a browser on this machine.

The app is a program above this package, which knows only where it stands.
"""

from __future__ import annotations

import argparse
import ipaddress
import socket
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ctxlearn.errors import UsageError

FOLDER = Path(__file__).parents[2] / "ui"
SECRETS = Path(".streamlit") / "secrets.toml"
PORT = 8501


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--port", type=_port, metavar="N", help=f"default: {PORT}, or the next one that is free")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser, only serve")
    group = parser.add_argument_group(
        "for others than this machine",
        f"The app is served to this machine alone, unless visitors log in (Streamlit's [auth] in {SECRETS.as_posix()}, "
        "https://docs.streamlit.io/develop/concepts/connections/authentication) or you let in anyone.",
    )
    group.add_argument("--address", default="127.0.0.1", metavar="A", help="where to listen (default: 127.0.0.1)")
    group.add_argument(
        "--anyone", action="store_true", help="no login: whoever reaches the address reads and changes everything"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    check_address(args.address, anyone=args.anyone)
    port = _free_port(args.address, args.port)
    options = {**_configured(FOLDER / ".streamlit" / "config.toml"), "server.address": args.address}
    options |= {"server.port": port, "server.headless": args.no_browser}
    print(f"ctxlearn: http://{_host(args.address)}:{port}, Ctrl-C ends it", file=sys.stderr, flush=True)
    flags = [f"--{name}={_flag(value)}" for name, value in options.items()]
    return _serve(flags, ["--anyone"] if args.anyone else [])


def check_address(address: str, *, anyone: bool = False) -> None:
    """Raise UsageError when other machines can reach an address and nobody would have to log in."""
    if is_of_this_machine(address) or anyone:
        return
    remedy = "let visitors log in (see `ctxlearn ui --help`), or say --anyone if all who reach it may do everything"
    if not _names_a_login(SECRETS):
        raise UsageError(f"--address {address}: other machines can reach it, and nobody would have to log in; {remedy}")
    if find_spec("authlib") is None:
        raise UsageError(f"{SECRETS}: logging in needs Authlib; pip install 'streamlit[auth]'")


def is_of_this_machine(address: str) -> bool:
    """Whether an address to listen at can be reached from this machine alone.

    >>> is_of_this_machine("127.0.0.1"), is_of_this_machine("::1"), is_of_this_machine("0.0.0.0")
    (True, True, False)
    """
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _names_a_login(path: Path) -> bool:
    try:
        return "auth" in tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, from 1 to 65535")
    return int(text)


def _free_port(address: str, wanted: int | None) -> int:
    """Return the port asked for, else the first free one from PORT on. Raises UsageError."""
    for port in [wanted] if wanted else range(PORT, PORT + 100):
        try:
            family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family, socket.SOCK_STREAM) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((address, port))
            return port
        except OSError as error:
            reason = error.strerror or error
    ports = f"port {wanted}" if wanted else f"ports {PORT} to {PORT + 99}"
    raise UsageError(f"{address}, {ports}: {reason}; choose another with --port")


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


# -- Streamlit --------------------------------------------------------------------------------------------------------


def _configured(path: Path) -> dict[str, Any]:
    """Return how the app is served, by the options' dotted names; how it looks, Streamlit reads there by itself."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    sections = ("server", "browser", "client")
    return {f"{section}.{name}": value for section in sections for name, value in found[section].items()}


def _flag(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _serve(flags: list[str], arguments: list[str]) -> int:
    from streamlit.web import cli  # late: nine tenths of a second

    cli.main(["run", str(FOLDER / "app.py"), *flags, "--", *arguments], standalone_mode=False)
    return 0
