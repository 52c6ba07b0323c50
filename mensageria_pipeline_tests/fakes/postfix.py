"""A real mail server on loopback: Postfix, with a configuration, queue and mailboxes of its own below one folder.

It needs Debian's package `postfix` and root, as continuous integration has both.
"""

import email
import email.policy
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from mensageria_pipeline_tests.fakes.ports import free_port
from mensageria_pipeline_tests.waiting import PATIENCE_S

PROGRAM = "/usr/sbin/postfix"
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = correio.exemplo.com.br
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = exemplo.com.br
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
alias_maps =
message_size_limit = 200000
smtpd_tls_cert_file = {folder}/tls.pem
smtpd_tls_key_file = {folder}/tls.pem
smtpd_tls_security_level = may
{more}
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
proxymap  unix  -       -       n       -       -       proxymap
virtual   unix  -       n       n       -       -       virtual
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def missing() -> str:
    """What this machine lacks to run it; empty for nothing."""
    if not Path(PROGRAM).exists():
        return "Postfix is not installed: apt-get install postfix"
    return "" if os.geteuid() == 0 else "Postfix starts as root only: run this test as root"


@dataclass
class Postfix:
    """Mailboxes of exemplo.com.br by user. Use as a context manager."""

    folder: Path
    mailboxes: tuple[str, ...]
    more: str = ""
    """Further lines of main.cf."""
    port: int = field(init=False, default=0)

    def __enter__(self) -> "Postfix":
        self.port = free_port()
        self._write()
        self._run("start")
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._run("stop")

    def received(self, user: str) -> list[EmailMessage]:
        """What lies in a mailbox."""
        found = []
        for path in sorted((self.folder / "mail" / user / "new").glob("*")):
            parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            found.append(parsed)
        return found

    def wait_for(self, user: str, count: int, timeout_s: float = PATIENCE_S) -> list[EmailMessage]:
        deadline = time.monotonic() + timeout_s
        while len(self.received(user)) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.received(user)

    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def _write(self) -> None:
        uid = int(subprocess.check_output(["id", "-u", "postfix"], text=True))
        gid = int(subprocess.check_output(["id", "-g", "postfix"], text=True))
        for path in (self.folder, *self.folder.parents):  # its servers run as another user
            if path.stat().st_uid == os.geteuid() and path != path.parent:
                path.chmod(path.stat().st_mode | 0o055)
        for name in ("queue", "data", "mail", "config"):
            (self.folder / name).mkdir(exist_ok=True)
        for name in ("data", "mail"):
            shutil.chown(self.folder / name, uid, gid)
        (self.folder / "mailboxes").write_text("".join(f"{user}@exemplo.com.br {user}/\n" for user in self.mailboxes))
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=127.0.0.1",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                self.folder / "key.pem",
                "-out",
                self.folder / "cert.pem",
            ],
            check=True,
            capture_output=True,
        )
        pem = (self.folder / "key.pem").read_text() + (self.folder / "cert.pem").read_text()
        (self.folder / "tls.pem").write_text(pem)
        values = {"folder": self.folder, "uid": uid, "gid": gid, "more": self.more}
        (self.folder / "config" / "main.cf").write_text(_MAIN.format(**values))
        (self.folder / "config" / "master.cf").write_text(_MASTER.format(port=self.port))

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [PROGRAM, "-c", self.folder / "config", command],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        log = self.folder / "mail.log"
        assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError((self.folder / "mail.log").read_text())
