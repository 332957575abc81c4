# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by the DevTools protocol over a WebSocket (RFC 6455), as far as the tests need it."""

import base64
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from harness import need

START_SECONDS, ANSWER_SECONDS = 120, 120  # a busy machine is no failure


class Browser:
    """One page. What it logs as errors, and what it asks the network for, is kept."""

    def __init__(self, width=1200, height=900):
        self.profile = tempfile.mkdtemp(prefix="samepage-browser-")
        command = [need("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                   f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.errors, self.requests, self.loaded, self.last, self.buffer = [], [], set(), 0, b""
        port, path = self._wait_for_port()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self._shake_hands(port, path)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    session = within = None

    def _wait_for_port(self):
        path = os.path.join(self.profile, "DevToolsActivePort")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if os.path.exists(path):
                with open(path, encoding="ascii") as file:
                    lines = file.read().split("\n")
                if len(lines) >= 2:
                    return int(lines[0]), lines[1]
            time.sleep(0.05)
        raise AssertionError("Chromium does not start")

    def _shake_hands(self, port, path):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(65536)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head

    def _take(self, count):
        while len(self.buffer) < count:
            got = self.socket.recv(1 << 20)
            assert got, "Chromium is gone"
            self.buffer += got
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _receive(self):
        message, final = b"", False
        while not final:
            first, second = self._take(2)
            length, final = second & 0x7F, bool(first & 0x80)
            if length == 126:
                length, = struct.unpack(">H", self._take(2))
            elif length == 127:
                length, = struct.unpack(">Q", self._take(8))
            message += self._take(length)
        return json.loads(message)

    def _send(self, message):
        text, mask = json.dumps(message).encode(), os.urandom(4)
        size = len(text)
        head = struct.pack(">BB", 0x81, 0x80 | size) if size < 126 else struct.pack(">BBH", 0x81, 0x80 | 126, size) \
            if size < 65536 else struct.pack(">BBQ", 0x81, 0x80 | 127, size)
        self.socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(text)))

    def _note(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"].get("text", "") + str(parameters["exceptionDetails"].get("exception")))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(parameters["entry"]["text"])
        elif method == "Page.lifecycleEvent" and parameters["name"] == "load":
            self.loaded.add(parameters["loaderId"])
        elif method == "Page.navigatedWithinDocument":
            self.within = parameters["url"]
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self._send(message)
        while True:
            answer = self._receive()
            if answer.get("id") == self.last:
                assert "error" not in answer, f"{method}: {answer}"
                return answer["result"]
            self._note(answer)

    def open(self, url):
        """Goes to a page, and waits until it is there. Where only the part behind # differs, the document stays."""
        self.within = None
        loader = self.call("Page.navigate", url=url).get("loaderId")
        self._wait_until(lambda: loader in self.loaded if loader else self.within == url, url)

    def reload(self):
        """Loads the page anew, and waits for the new document: the old one may still answer for a while."""
        before = set(self.loaded)
        self.call("Page.reload")
        self._wait_until(lambda: self.loaded - before, "the page")

    def _wait_until(self, is_loaded, what):
        """Takes what the browser tells until the load event of a document was among it: its scripts have run then."""
        deadline = time.monotonic() + START_SECONDS
        while not is_loaded():
            assert time.monotonic() < deadline, f"{what} does not load"
            self._note(self._receive())

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode={"ArrowRight": 39, "ArrowDown": 40, "ArrowLeft": 37, "ArrowUp": 38, "Home": 36,
                                             "End": 35, "Enter": 13}[key], text="\r" if key == "Enter" else "")

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def slow_down(self, times):
        self.call("Emulation.setCPUThrottlingRate", rate=times)

    def scheme(self, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def texts(html):
    """What stands between the tags of a page, scripts and styles left out."""
    html = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
