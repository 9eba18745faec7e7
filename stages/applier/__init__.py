"""The only program that runs on a host: it applies a manifest, or reports what that would change.

Its modules are packed into one text (stages/machine/packed.py), which hosts find by its digest or receive
over ssh. It is started for every call, so it imports only Python's standard library, and little of that. It
reads one JSON request from stdin, writes one JSON reply to stdout, and exits 0 whenever it wrote a reply.
Modes: `apply`; `dry_run`, the same code, which writes nothing (it runs guards, which must only read, and
skips `verify` and waits); `run`, only guarded commands; `facts`, commands that only read. Every mode returns
facts.

Guarantees, even if it is killed at any point: a file is old or new, never partial; a unit's files are
compared with those it was last started with (/var/lib/stagegate/state.json), so the next apply restarts the
units that this one did not reach; files that earlier manifests created are removed, and units that they ran
are stopped, when the manifest no longer names them; a request is refused when its fencing token is older than
the newest that was served here or that the substrate put in place (GIVEN).
"""
