"""The service in several processes: gunicorn's master and threaded workers around the same application.

The master (`master.py`) opens nothing of the register's and answers nothing: it holds the socket, keeps as many workers
alive as there should be, and ends them when it is told to. Each worker (`worker.py`) puts the house together after it
was forked, and takes it apart when it has answered what it had begun. Before the first of them is forked the house is
put together once in a child (`child.py`), so that what keeps it from standing is told in its own words and nothing is
served; a worker that is lost later is replaced, and its replacement waits for a database that cannot be reached just
then.

What waitress gives in one process is given here too (`connection.py`): limits on headers and bodies, a time by which a
request has to have come and an answer has to have been taken, no word of a request in a log line.

`tests/api/test_workers.py` shows it with real processes, some of which are killed.
"""
