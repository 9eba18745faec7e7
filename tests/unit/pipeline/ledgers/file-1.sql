BEGIN TRANSACTION;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    at REAL NOT NULL,
    event TEXT NOT NULL
) STRICT;
INSERT INTO "events" VALUES(1,1000000.0,'{"alias": "r1", "event": "ReleasePinned", "pin": {"code": "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e", "commit": "commit-first", "config": "b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910", "config_revision": "commit-first", "config_source": "in-tree"}, "release": "9f1c28cc3d8262e1b76094ebbbf92791b475acf4c1784796b18c639b8c68c465", "schema": 2, "stages": {"stages": [{"after": null, "gates": ["smoke"], "lab": true, "name": "dev"}, {"after": "dev", "gates": ["smoke", "failover"], "lab": true, "name": "staging"}, {"after": "staging", "gates": ["smoke"], "lab": false, "name": "prod"}]}}');
INSERT INTO "events" VALUES(2,1000000.0,'{"event": "LeaseTaken", "from_token": null, "holder": {"boot": "boot", "hostname": "machine", "namespace": "pid:[1]", "pid": 1, "started": 1}, "purpose": "promote r1 to dev", "schema": 2, "stage": "dev", "token": 1, "why": "free"}');
INSERT INTO "events" VALUES(3,1000000.0,'{"attempt": "p1", "choice": {"check": null, "component": null}, "event": "AttemptStarted", "first": true, "gates": ["smoke"], "keep": false, "kind": "promote", "release": "9f1c28cc3d8262e1b76094ebbbf92791b475acf4c1784796b18c639b8c68c465", "rolls_back": null, "run": "p1", "schema": 2, "stage": "dev", "token": 1}');
INSERT INTO "events" VALUES(4,1000000.0,'{"attempt": "p1", "event": "PlanMade", "plan": {"new": true, "refusals": [], "retries": [], "steps": [{"action": {"value": "1"}, "host": "a", "id": "a", "kind": "host", "needs": [], "title": "make a 1", "undo": {"possible": true, "why": null}}], "summary": [{"change": "becomes 1", "host": "a"}]}, "schema": 2}');
INSERT INTO "events" VALUES(5,1000000.0,'{"attempt": "p1", "event": "StepStarted", "number": 1, "schema": 2, "step": "a"}');
INSERT INTO "events" VALUES(6,1000000.0,'{"artifacts": {"image": "image of 9f1c28cc3d8262e1b76094ebbbf92791b475acf4c1784796b18c639b8c68c465"}, "attempt": "p1", "event": "StepSucceeded", "receipt": {"value": "1"}, "retries": [], "schema": 2, "step": "a"}');
INSERT INTO "events" VALUES(7,1000000.0,'{"attempt": "p1", "directory": "runs/p1/smoke-1", "event": "GateStarted", "gate": "smoke", "number": 1, "schema": 2}');
INSERT INTO "events" VALUES(8,1000000.0,'{"attempt": "p1", "environment": "environment", "event": "GateJudged", "evidence": {"findings": [], "passed": 1, "retakes": [], "verdict": "pass", "wanted": 1}, "gate": "smoke", "number": 1, "report": "7e37df4b5be16c83a408e81906c7addbbf2e3735f3035c4c621e4d87f8844846", "roster": {"definition": "definition of smoke", "entries": [{"check": "smoke", "component": "thing", "host": "-"}], "within_s": 60}, "schema": 2}');
INSERT INTO "events" VALUES(9,1000000.0,'{"attempt": "p1", "event": "AttemptEnded", "outcome": "verified", "schema": 2}');
INSERT INTO "events" VALUES(10,1000000.0,'{"event": "LeaseReturned", "schema": 2, "stage": "dev", "token": 1}');
INSERT INTO "events" VALUES(11,1000000.1,'{"alias": "r2", "event": "ReleasePinned", "pin": {"code": "16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4", "commit": "commit-second", "config": "b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910", "config_revision": "commit-second", "config_source": "in-tree"}, "release": "571d16691e4203182eda81668a557442527b55e94064c5faf9b6739a4611a896", "schema": 2, "stages": {"stages": [{"after": null, "gates": ["smoke"], "lab": true, "name": "dev"}, {"after": "dev", "gates": ["smoke", "failover"], "lab": true, "name": "staging"}, {"after": "staging", "gates": ["smoke"], "lab": false, "name": "prod"}]}}');
INSERT INTO "events" VALUES(12,1000000.1,'{"event": "LeaseTaken", "from_token": null, "holder": {"boot": "boot", "hostname": "machine", "namespace": "pid:[1]", "pid": 1, "started": 1}, "purpose": "promote r2 to dev", "schema": 2, "stage": "dev", "token": 2, "why": "free"}');
INSERT INTO "events" VALUES(13,1000000.1,'{"attempt": "p2", "choice": {"check": null, "component": null}, "event": "AttemptStarted", "first": true, "gates": ["smoke"], "keep": false, "kind": "promote", "release": "571d16691e4203182eda81668a557442527b55e94064c5faf9b6739a4611a896", "rolls_back": null, "run": "p2", "schema": 2, "stage": "dev", "token": 2}');
INSERT INTO "events" VALUES(14,1000000.1,'{"attempt": "p2", "event": "PlanMade", "plan": {"new": false, "refusals": [], "retries": [], "steps": [{"action": {"value": "2"}, "host": "a", "id": "a", "kind": "host", "needs": [], "title": "make a 2", "undo": {"possible": true, "why": null}}], "summary": [{"change": "becomes 2", "host": "a"}]}, "schema": 2}');
INSERT INTO "events" VALUES(15,1000000.1,'{"attempt": "p2", "event": "StepStarted", "number": 1, "schema": 2, "step": "a"}');
INSERT INTO "events" VALUES(16,1000000.1,'{"artifacts": {"image": "image of 571d16691e4203182eda81668a557442527b55e94064c5faf9b6739a4611a896"}, "attempt": "p2", "event": "StepSucceeded", "receipt": {"value": "2"}, "retries": [], "schema": 2, "step": "a"}');
INSERT INTO "events" VALUES(17,1000000.1,'{"attempt": "p2", "directory": "runs/p2/smoke-1", "event": "GateStarted", "gate": "smoke", "number": 1, "schema": 2}');
INSERT INTO "events" VALUES(18,1000000.1,'{"attempt": "p2", "environment": "environment", "event": "GateJudged", "evidence": {"findings": [{"check": "smoke", "component": "thing", "host": "-", "seen": "the thing was failed", "test": "suites/smoke/test_smoke.py::test_it", "verdict": "fail"}], "passed": 0, "retakes": [], "verdict": "fail", "wanted": 1}, "gate": "smoke", "number": 1, "report": "18b1388503395e32d8df4cc67330a954f6be474dfef09f3303753c600d511259", "roster": {"definition": "definition of smoke", "entries": [{"check": "smoke", "component": "thing", "host": "-"}], "within_s": 60}, "schema": 2}');
INSERT INTO "events" VALUES(19,1000000.1,'{"attempt": "p2", "directory": "runs/p2/diagnostics-1", "event": "DiagnosticsCollected", "files": ["journal.log"], "schema": 2, "trouble": null}');
INSERT INTO "events" VALUES(20,1000000.1,'{"attempt": "p2", "event": "AttemptEnded", "outcome": "failed", "schema": 2}');
INSERT INTO "events" VALUES(21,1000000.1,'{"attempt": "p3", "choice": {"check": null, "component": null}, "event": "AttemptStarted", "first": true, "gates": ["smoke"], "keep": false, "kind": "rollback", "release": "9f1c28cc3d8262e1b76094ebbbf92791b475acf4c1784796b18c639b8c68c465", "rolls_back": "p2", "run": "p2", "schema": 2, "stage": "dev", "token": 2}');
INSERT INTO "events" VALUES(22,1000000.1,'{"attempt": "p3", "event": "PlanMade", "plan": {"new": false, "refusals": [], "retries": [], "steps": [{"action": {"value": "1"}, "host": "a", "id": "a", "kind": "host", "needs": [], "title": "make a 1", "undo": {"possible": true, "why": null}}], "summary": [{"change": "becomes 1", "host": "a"}]}, "schema": 2}');
INSERT INTO "events" VALUES(23,1000000.1,'{"attempt": "p3", "event": "StepStarted", "number": 1, "schema": 2, "step": "a"}');
INSERT INTO "events" VALUES(24,1000000.1,'{"artifacts": {"image": "image of 9f1c28cc3d8262e1b76094ebbbf92791b475acf4c1784796b18c639b8c68c465"}, "attempt": "p3", "event": "StepSucceeded", "receipt": {"value": "1"}, "retries": [], "schema": 2, "step": "a"}');
INSERT INTO "events" VALUES(25,1000000.1,'{"attempt": "p3", "directory": "runs/p3/smoke-1", "event": "GateStarted", "gate": "smoke", "number": 1, "schema": 2}');
INSERT INTO "events" VALUES(26,1000000.1,'{"attempt": "p3", "environment": "environment", "event": "GateJudged", "evidence": {"findings": [], "passed": 1, "retakes": [], "verdict": "pass", "wanted": 1}, "gate": "smoke", "number": 1, "report": "7e37df4b5be16c83a408e81906c7addbbf2e3735f3035c4c621e4d87f8844846", "roster": {"definition": "definition of smoke", "entries": [{"check": "smoke", "component": "thing", "host": "-"}], "within_s": 60}, "schema": 2}');
INSERT INTO "events" VALUES(27,1000000.1,'{"attempt": "p3", "event": "AttemptEnded", "outcome": "rolled_back", "schema": 2}');
INSERT INTO "events" VALUES(28,1000000.1,'{"event": "LeaseReturned", "schema": 2, "stage": "dev", "token": 2}');
INSERT INTO "events" VALUES(29,1000000.1,'{"by": "somebody", "event": "HoldPlaced", "reason": "an umlaut: \u00fc, and\na second line", "schema": 2, "stage": null}');
INSERT INTO "events" VALUES(30,1000000.1,'{"event": "LeaseTaken", "from_token": null, "holder": {"boot": "boot", "hostname": "machine", "namespace": "pid:[1]", "pid": 1, "started": 1}, "purpose": "promote r3 to dev", "schema": 2, "stage": "dev", "token": 3, "why": "free"}');
CREATE TABLE leases (
    stage TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    held INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    holder TEXT NOT NULL,
    expires REAL NOT NULL
) STRICT;
INSERT INTO "leases" VALUES('dev',3,1,'promote r3 to dev','{"pid": 1, "started": 1, "boot": "boot", "namespace": "pid:[1]", "hostname": "machine"}',1000060.1);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
PRAGMA application_id=1397181489;
PRAGMA user_version=1;
COMMIT;
