"""nginx as a plain reverse proxy in front of the sandbox: the limit that the passthrough is compared with."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, socket

from msgspec import Struct
from processes import family

START_SECONDS = 5.0
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000;
  upstream provider {{ server {provider}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location /proxy/ {{
      proxy_pass http://provider/api/v2/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer {token}";
    }}
  }}
}}
"""


class Nginx(Struct, frozen=True):
    """A running nginx: where it listens, and its processes."""

    base_url: str
    served: list[int]


def binary() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or shutil.which("nginx")


@contextmanager
def running(program: str, sandbox_url: str, token: str) -> Iterator[Nginx]:
    """One nginx process that puts the token in and passes on."""
    with tempfile.TemporaryDirectory(prefix="interline-nginx-") as folder, socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        file = Path(folder) / "nginx.conf"
        provider = sandbox_url.removeprefix("http://")
        file.write_text(CONFIGURATION.format(folder=folder, provider=provider, port=port, token=token))
        process = subprocess.Popen([program, "-p", folder, "-c", str(file)])
        try:
            _wait(process, port)
            yield Nginx(f"http://127.0.0.1:{port}", family(process.pid))
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("nginx did not start")
