"""The machine around a command: what it prints, the files it writes, temporary files, and how it is interrupted.

Everything printed goes through :mod:`console`, every file through :mod:`outputs`, every temporary folder through
:mod:`temporary`; :mod:`interruption` ends a command cleanly on a signal.
"""
