"""The one server an external-mode unit talks to: started fresh, stopped by its own process handle."""

import pathlib
import shutil
import signal
import socket
import subprocess
import time

SETTINGS = [
    "--save", "",
    "--enable-protected-configs", "yes",
    "--enable-debug-command", "yes",
    "--enable-module-command", "yes",
    "--always-show-logo", "yes",
]  # fmt: skip


class StartError(Exception):
    """The server ended or stayed silent instead of answering PING."""


def answers(port):
    """Whether something on this port of the loopback answers PING."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as link:
            link.settimeout(1)
            link.sendall(b"PING\r\n")
            return link.recv(64)[:1] in (b"+", b"-")
    except OSError:
        return False


def free_port(first):
    """The first free loopback port from `first` on."""
    for port in range(first, first + 300):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise StartError(f"no free port from {first} on")


class ServerProcess:
    """A running server, its folder and its log."""

    def __init__(self, server, shards, folder, first_port):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.log = self.folder / "log"
        self.port = free_port(first_port)
        command = [str(server), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), *SETTINGS]
        if shards:
            command += ["--shards", str(shards)]
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    def await_ready(self, seconds=20):
        """Returns when PING is answered; otherwise stops the server and raises StartError with its last words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if answers(self.port):
                return
            time.sleep(0.05)
        status = self.process.poll()
        self.stop()
        what = "did not answer PING" if status is None else f"ended with status {status}"
        raise StartError(f"the server {what}\n{self.last_words()}")

    def last_words(self, lines=15):
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def death(self):
        """How the server ended, if it is no longer running."""
        status = self.process.poll()
        if status is None:
            return None
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"the server ended by itself with {how}\n{self.last_words()}"

    def stop(self):
        """Ends the server, by force after ten seconds."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
