"""gunicorn settings of a served app (`gunicorn -c python:common.server.serving`): one process, threads, quiet.

A file and not options on the command line, because gunicorn passes over names that its version does not know.
"""

worker_class = "gthread"
workers = 1
threads = 8
loglevel = "warning"
control_socket_disable = True
