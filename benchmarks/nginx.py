"""nginx as a provider that costs nothing: every POST is answered 200 with a body in FCM's shape."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{h2_port} http2;
    listen 127.0.0.1:{http1_port};
    http2_max_concurrent_streams 1024;
    location / {{ return 200 '{{"name":"projects/p/messages/0:1700000000000000"}}'; }}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Ports for HTTP/2 without TLS, and for HTTP/1.1."""

    h2_port: int
    http1_port: int


@contextmanager
def nginx() -> Iterator[Nginx]:
    """A server on free ports, with one worker; stopped at the end."""
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(binary).exists():
        sys.exit("nginx is missing: apt-get install nginx-light nghttp2-client")
    server = Nginx(_free_port(), _free_port())
    with tempfile.TemporaryDirectory(prefix="mensageria-nginx-") as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(_CONFIG.format(folder=folder, h2_port=server.h2_port, http1_port=server.http1_port))
        process = subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            _wait_for(server.http1_port)
            yield server
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("nginx did not start")
