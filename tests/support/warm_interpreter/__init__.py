"""The Python processes that a CLI under test starts, forked from one whose imports are done already.

A verb of the CLI starts a program, a host of dynamic providers and the azuread stand-in, and each of them imports for
longer than it works. `sitecustomize.py`, which Python imports first in each of them, hands such a process over to a
`server.py`, one for each test process. What runs afterwards is the same, the vendor's scripts included: arguments,
environment, working directory, the three streams, signals and exit code. The process that the CLI has started stays
until the forked one ends, and takes it along when it is killed.
"""
