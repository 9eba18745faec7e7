"""One child serves all calls of a run: side by side, and its end is the end of those that are open."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from release_programs import CONTEXT, STEP, Release

from pipeline.core.errors import ChildCrashed

pytestmark = pytest.mark.parametrize("release", [True], ids=["serving"], indirect=True)

OK = "print(json.dumps({'event': 'result', 'protocol': 1, 'ok': True, 'receipt': {'pid': os.getpid()}}))\n"
# Takes calls side by side, as the real one does: the first waits for the second.
SIDE_BY_SIDE = """
import json, sys, threading
print(json.dumps({"event": "serving", "protocol": 1}), flush=True)
both, lock = threading.Barrier(2), threading.Lock()
def work(request):
    both.wait(20)
    with lock:
        message = {"id": request["id"], "event": "progress", "message": request["step"]["id"]}
        result = {"id": request["id"], "event": "result", "protocol": 1, "ok": True,
                  "receipt": {"step": request["step"]["id"]}}
        print(json.dumps(message) + "\\n" + json.dumps(result), flush=True)
for line in sys.stdin:
    threading.Thread(target=work, args=[json.loads(line)]).start()
"""


def test_all_calls_are_answered_by_the_same_child(release: Release) -> None:
    stages = release.stages(OK)
    pids = {stages.perform(CONTEXT, STEP).receipt["pid"] for _ in range(3)}
    assert len(pids) == 1


def test_calls_go_side_by_side_and_each_gets_its_own_answer(release: Release) -> None:
    stages = release.stages("")
    release.program("stages", SIDE_BY_SIDE)
    steps = [type(STEP)(name, "host", None, name) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda step: stages.perform(CONTEXT, step), steps))
    assert [result.receipt["step"] for result in results] == ["one", "two"]
    assert sorted(release.told.messages) == ["one", "two"]


@pytest.mark.parametrize("line", ['{"event": "res', "[1]", '{"event": "result"}'])
def test_a_line_that_is_no_answer_is_a_crash_and_the_next_call_has_a_new_child(
    release: Release, line: str
) -> None:
    stages = release.stages(
        f"""
        if verb == "plan":
            builtins.print({line!r}, flush=True)
            continue
        """
        + OK
    )
    before = stages.perform(CONTEXT, STEP).receipt["pid"]
    with pytest.raises(ChildCrashed, match="not of the protocol"):
        stages.plan(CONTEXT)
    assert stages.perform(CONTEXT, STEP).receipt["pid"] != before


def test_the_end_of_the_child_is_the_end_of_every_open_call(release: Release) -> None:
    stages = release.stages(
        """
        if verb == "plan":
            os.kill(os.getpid(), 9)
        print(json.dumps({"event": "progress", "message": "open"}))
        """
    )
    opened = threading.Event()
    release.told.on_progress = opened.set
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(stages.perform, CONTEXT, STEP)
        assert opened.wait(20)
        with pytest.raises(ChildCrashed, match="stages plan` of the release was killed by signal 9"):
            stages.plan(CONTEXT)
        with pytest.raises(ChildCrashed, match="stages perform` of the release was killed by signal 9"):
            call.result(20)


def test_a_child_that_says_nothing_is_no_reason_to_serve_no_more(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.adapters.serving._GREETING_S", 1.0)
    stages = release.stages(OK)
    main = release.code / "stages/__main__.py"
    well = main.read_text()
    main.write_text("import time; time.sleep(600)\n" + well)
    with pytest.raises(ChildCrashed, match="printed nothing within 1 s of its start and was terminated"):
        stages.perform(CONTEXT, STEP)
    monkeypatch.undo()
    main.write_text(well)
    pids = {stages.perform(CONTEXT, STEP).receipt["pid"] for _ in range(2)}
    assert len(pids) == 1


def test_the_child_outlives_the_thread_that_asked_first(release: Release) -> None:
    """Linux kills a child that dies with its parent when the thread that started it ends."""
    stages = release.stages(OK)
    die = "import ctypes; ctypes.CDLL(None).prctl(1, 9)\n"
    main = release.code / "stages/__main__.py"
    main.write_text(die + main.read_text())
    found = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: found.append(stages.perform(CONTEXT, STEP).receipt["pid"]))
        thread.start()
        thread.join()
        time.sleep(0.1)
    assert len(found) == 2
    assert len(set(found)) == 1


def test_it_ends_by_itself_when_nothing_more_comes(release: Release) -> None:
    stages = release.stages(OK + "import atexit; atexit.register(open('ended', 'w').close)\n")
    pid = stages.perform(CONTEXT, STEP).receipt["pid"]
    release.servings.close()
    assert (release.code / "ended").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(pid)), 0)


def test_what_it_says_to_people_is_kept_with_the_promotion(release: Release) -> None:
    release.stages("sys.stderr.write(f'about {verb}\\n'); sys.stderr.flush()\n" + OK).perform(CONTEXT, STEP)
    assert (release.site / "runs/p7/stages.log").read_text() == "== perform\nabout perform\n"
