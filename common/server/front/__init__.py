"""The server in front of an app: an event loop has the connections, threads have whole requests only.

Whoever sends slowly, says nothing or reads slowly costs no thread, and neither does an answer that has to wait. It
needs no process manager: `worker.py` puts it under gunicorn, another program may run several apps on one loop.
"""
