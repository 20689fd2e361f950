"""nginx and Caddy with the settings of `deploy/web/`, on loopback, for as long as a test wants.

What stands in a file is taken as it is, but for where it listens, its folder, and its certificate.
Both need no rights: they listen on free ports, and write below a folder of the test's own.
"""

from __future__ import annotations

import getpass
import grp
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.smtp_server import make_certificate

SETTINGS = Path(__file__).parents[1] / "deploy" / "web"
NAME = "news.example.org"


@dataclass(frozen=True, slots=True)
class Host:
    """A running server: asked as `news.example.org`, over TLS that is verified."""

    port: int
    plain_port: int
    authority: Path
    log: Path

    def client(self, source: str = "127.0.0.1") -> httpx.Client:
        """Somebody at an address who asks it, and follows no redirection."""
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Host": NAME, "Accept-Encoding": "identity"},
            transport=_Named(ssl.create_default_context(cafile=str(self.authority)), source),
            timeout=30,
        )


class _Named(httpx.HTTPTransport):
    """Connects to loopback, and asks for the host by its name."""

    def __init__(self, trust: ssl.SSLContext, source: str) -> None:
        super().__init__(verify=trust, local_address=source)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = NAME
        return super().handle_request(request)


@contextmanager
def host_running(
    settings: str, folder: Path, *, root: Path, behind: int = 8000, machines: Sequence[int] = ()
) -> Iterator[Host]:
    """The server that a file of `deploy/web/` is for, serving `root`, the port `behind`, or the
    ports of several machines.

    Skips the test where that program, or openssl for a certificate, is not installed.
    """
    program = "caddy" if settings.startswith("Caddyfile") else "nginx"
    if not (found := _program(program)):
        pytest.skip(f"there is no {program} on this machine")
    text = (SETTINGS / settings).read_text(encoding="utf-8")
    text = text.replace("/srv/news/feeds", str(root)).replace(
        "127.0.0.1:8000", f"127.0.0.1:{behind}"
    )
    for number, port in enumerate(machines, start=1):
        text = text.replace(f"web{number}:8000", f"127.0.0.1:{port}")
    folder.mkdir(parents=True)
    with (_caddy if program == "caddy" else _nginx)(found, text, folder) as host:
        yield host


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def _nginx(program: str, text: str, folder: Path) -> Iterator[Host]:
    certificate = make_certificate(folder / "keys", NAME)
    port, plain_port = _free_ports()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain_port};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    text = text.replace(f"/etc/ssl/{NAME}.pem", str(certificate.chain))
    text = text.replace(f"/etc/ssl/{NAME}.key", str(certificate.key))
    built = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr
    configured = re.search(r"--conf-path=(\S+)", built)
    types = Path(configured[1]).with_name("mime.types") if configured else Path()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    spools = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    settings = folder / "nginx.conf"
    settings.write_text(
        f"daemon off;\nuser {getpass.getuser()} {_group()};\nworker_processes 1;\n"
        f"pid {folder / 'pid'};\nerror_log stderr notice;\nevents {{ }}\n"
        f"http {{\ninclude {types};\ndefault_type application/octet-stream;\n{spools}"
        f"access_log {folder / 'log'};\n{text}}}\n"
    )
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(settings)]
    with _process(command, folder, "start worker process "):
        yield Host(port, plain_port, certificate.authority, folder / "log")


@contextmanager
def _caddy(program: str, text: str, folder: Path) -> Iterator[Host]:
    port, plain_port = _free_ports()
    settings = folder / "Caddyfile"
    settings.write_text(
        "{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n"
        f"\thttp_port {plain_port}\n\thttps_port {port}\n\tstorage file_system {folder / 'keys'}\n"
        f"}}\n{text}"
    )
    command = [program, "run", "--config", str(settings), "--adapter", "caddyfile"]
    authority = folder / "keys" / "pki" / "authorities" / "local" / "root.crt"
    with _process(command, folder, "certificate obtained successfully"):
        host = Host(port, plain_port, authority, folder / "log")
        _shake_hands(host)
        yield host


def _shake_hands(host: Host) -> None:
    """Try until the server presents its certificate: Caddy takes it up a moment after saying so."""
    for _ in range(2_000):
        with suppress(httpx.ConnectError), host.client() as client:
            client.head("/")
            return
    raise AssertionError("it never answered over TLS")


@contextmanager
def _process(command: list[str], folder: Path, ready: str) -> Iterator[None]:
    """A process that has said a certain thing; ended afterwards, with those that it started."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    said = []
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr
    try:
        for line in process.stderr:
            said.append(line)
            if ready in line:
                break
        else:
            raise AssertionError("it ended before it served:\n" + "".join(said))
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]


def _group() -> str:
    return grp.getgrgid(os.getgid()).gr_name
