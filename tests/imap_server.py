"""An IMAP server on loopback with one mailbox: for every test that reads what came back.

    with ImapServer(users={"bounces@example.org": "secret"}) as server:
        server.put(b"From: ...")
        ...
        assert server.folders["Processed"] == [b"From: ..."]

It does what is needed of RFC 3501, MOVE (RFC 6851) and UIDPLUS (RFC 4315), and can be told to lack
extensions, to break off at a command, or to answer it otherwise.
"""

from __future__ import annotations

import re
import socket
import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.smtp_server import Certificate


@dataclass
class Folder:
    """The messages of a folder by number, and the numbers of those that are to be removed."""

    messages: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    next: int = 1

    def put(self, message: bytes) -> None:
        self.messages[self.next] = message
        self.next += 1


class ImapServer:
    """Use as a context. `commands` are all that were said, without secrets; `seen` the numbers of
    the messages that were marked as read; `scripts` what to answer to a command, "" to hang up."""

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        tokens: dict[str, set[str]] | None = None,
        extensions: Collection[str] = ("MOVE", "UIDPLUS", "AUTH=PLAIN", "AUTH=XOAUTH2"),
        certificate: Certificate | None = None,
        tls: bool = False,
    ) -> None:
        self.users = users or {}
        self.tokens = tokens or {}
        self.extensions = list(extensions)
        self.validity = 7
        self.folders: dict[str, Folder] = {"INBOX": Folder()}
        self.commands: list[str] = []
        self.seen: set[int] = set()
        self.scripts: dict[str, str] = {}
        self.context: ssl.SSLContext | None = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate.chain, certificate.key)
        self.tls = tls
        owner = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _Session(owner, self.request).run()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    def put(self, *messages: bytes, folder: str = "INBOX") -> None:
        """Deliver messages."""
        for message in messages:
            self.folders[folder].put(message)

    def held(self, folder: str = "INBOX") -> list[bytes]:
        """The messages in a folder that are not to be removed."""
        found = self.folders.get(folder, Folder())
        return [each for number, each in found.messages.items() if number not in found.deleted]

    def __enter__(self) -> ImapServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Session:
    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self._owner = server
        self._socket = connection
        self._folder = Folder()
        self._user = ""
        if server.tls and server.context:
            self._socket = server.context.wrap_socket(connection, server_side=True)
        self._lines = self._socket.makefile("rb")

    def run(self) -> None:
        try:
            self._say("* OK ready")
            while line := self._lines.readline():
                tag, _, command = line.decode("utf-8", "replace").strip().partition(" ")
                if not self._obey(tag, command):
                    return
        except (OSError, ValueError):
            return
        finally:
            self._lines.close()
            self._socket.close()

    def _say(self, *lines: str) -> None:
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _obey(self, tag: str, command: str) -> bool:
        words = command.split()
        verb = words[0].upper() if words else ""
        name = f"UID {words[1].upper()}" if verb == "UID" else verb
        secret = verb in ("LOGIN", "AUTHENTICATE")
        self._owner.commands.append(f"{verb} …" if secret else command)
        if name in self._owner.scripts:
            answer = self._owner.scripts[name]
            if not answer:
                return False
            self._say(f"{tag} {answer}")
            return True
        method = getattr(self, "_" + name.lower().replace(" ", "_"), None)
        if method is None:
            self._say(f"{tag} BAD unknown")
            return True
        rest = command.partition(" ")[2] if verb != "UID" else command.split(" ", 2)[2]
        answer = method(rest)
        self._say(f"{tag} {answer}")
        if verb == "STARTTLS" and self._owner.context:
            self._socket = self._owner.context.wrap_socket(self._socket, server_side=True)
            self._lines = self._socket.makefile("rb")
        return verb != "LOGOUT"

    # --- Before the login -------------------------------------------------------------------------

    def _capability(self, _: str) -> str:
        more = ["STARTTLS"] if self._owner.context and not self._owner.tls else []
        self._say(" ".join(["* CAPABILITY IMAP4rev1", *self._owner.extensions, *more]))
        return "OK done"

    def _starttls(self, _: str) -> str:
        return "OK begin"

    def _login(self, rest: str) -> str:
        user, password = re.findall(r'"((?:[^"\\]|\\.)*)"', rest)
        return self._let_in(user, good=self._owner.users.get(user) == password)

    def _authenticate(self, rest: str) -> str:
        self._say("+ ")
        said = b64decode(self._lines.readline().strip()).decode()
        if rest.upper() == "PLAIN":
            _, user, password = said.split("\0")
            return self._let_in(user, good=self._owner.users.get(user) == password)
        fields = said.split("\1")
        user, token = fields[0].removeprefix("user="), fields[1].removeprefix("auth=Bearer ")
        good = token in self._owner.tokens.get(user, ())
        if not good:
            self._say("+ eyJzdGF0dXMiOiI0MDEifQ==")
            assert self._lines.readline().strip() == b""
        return self._let_in(user, good=good)

    def _let_in(self, user: str, *, good: bool) -> str:
        self._user = user if good else ""
        return "OK in" if good else "NO [AUTHENTICATIONFAILED] Invalid credentials"

    # --- The mailbox ------------------------------------------------------------------------------

    def _select(self, rest: str) -> str:
        name = rest.strip('"')
        if not self._user or name not in self._owner.folders:
            return "NO no such folder"
        self._folder = self._owner.folders[name]
        self._say(f"* {len(self._folder.messages)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self._owner.validity}] ok")
        return "OK [READ-WRITE] selected"

    def _create(self, rest: str) -> str:
        name = rest.strip('"')
        if name in self._owner.folders:
            return "NO [ALREADYEXISTS] there is one"
        self._owner.folders[name] = Folder()
        return "OK made"

    def _uid_search(self, rest: str) -> str:
        begin = int(re.findall(r"UID (\d+):\*", rest)[0])
        numbers = [n for n in self._folder.messages if n not in self._folder.deleted]
        found = [n for n in numbers if n >= begin] or numbers[-1:]
        self._say(" ".join(["* SEARCH", *map(str, found)]))
        return "OK done"

    def _uid_fetch(self, rest: str) -> str:
        number, _, wanted = rest.partition(" ")
        data = self._folder.messages.get(int(number))
        if data is None:
            return "OK nothing"
        if "SIZE" in wanted:
            self._say(f"* 1 FETCH (UID {number} RFC822.SIZE {len(data)})")
            return "OK done"
        if "PEEK" not in wanted:
            self._owner.seen.add(int(number))
        head = f"* 1 FETCH (UID {number} BODY[] {{{len(data)}}}\r\n".encode()
        self._socket.sendall(head + data + b")\r\n")
        return "OK done"

    def _uid_copy(self, rest: str) -> str:
        number, _, target = rest.partition(" ")
        if target.strip('"') not in self._owner.folders:
            return "NO [TRYCREATE] no such folder"
        self._owner.folders[target.strip('"')].put(self._folder.messages[int(number)])
        return "OK done"

    def _uid_move(self, rest: str) -> str:
        answer = self._uid_copy(rest)
        if answer.startswith("OK"):
            del self._folder.messages[int(rest.partition(" ")[0])]
        return answer

    def _uid_store(self, rest: str) -> str:
        self._folder.deleted.add(int(rest.partition(" ")[0]))
        return "OK done"

    def _uid_expunge(self, rest: str) -> str:
        number = int(rest)
        if number in self._folder.deleted:
            del self._folder.messages[number]
        return "OK done"

    def _logout(self, _: str) -> str:
        self._say("* BYE")
        return "OK bye"
