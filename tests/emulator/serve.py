"""Serves moto on loopback, prints the URL, and stops when standard input is closed (if it is a pipe)."""
import logging
import os
import stat
import sys
import threading
import time

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.s3.responses import S3Response  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402  the setting above is read on import

# S3 checks the condition of a write and writes in one step; the emulator's threads need to be told so.
put_object, writing = S3Response.put_object, threading.Lock()


def put_object_in_one_step(self):
    with writing:
        return put_object(self)


S3Response.put_object = put_object_in_one_step

logging.getLogger("werkzeug").setLevel(logging.WARNING)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"http://{host}:{port}", flush=True)


def stop_with_parent():
    sys.stdin.read()
    os._exit(0)


if stat.S_ISFIFO(os.fstat(0).st_mode):
    threading.Thread(target=stop_with_parent, daemon=True).start()
while True:
    time.sleep(3600)
