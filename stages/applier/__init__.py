"""The one program that runs on a host: it makes the host what a manifest says, or says what it would do.

It lies on hosts by its digest, or is sent over ssh, so its modules are packed into one text
(stages/machine/packed.py), and it needs only Python's standard library, and little of that: it is started
for every call. One JSON request on stdin, one JSON reply on
stdout, exit 0 whenever a reply was written. Modes: `apply`; `dry_run`, the same code, which writes nothing
(it runs guards, which must only read, and skips `verify` and waits); `run`, guarded commands alone;
`facts`, commands that only read. Facts are answered in every mode.

What holds whenever it is killed: a file is old or new, never half; a unit's files are compared with
those it was last started with (/var/lib/stagegate/state.json), so the next apply restarts what this one
did not get to; files that earlier manifests created, and units that they ran, are removed and stopped
when the manifest no longer names them; a request with an older fencing token is refused, be it older than
the newest that was served here or than one that the substrate put in place (GIVEN).
"""
