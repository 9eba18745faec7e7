#!/usr/bin/python3 -IS
"""Removes what is left of queues that have expired. Runs always; the first broker that runs does it for all.

A broker that starts makes an empty member of each queue of which it has none (rabbit_quorum_queue:recover),
and writes the queue's record again. If the queue expires just then, its other members are deleted, and its
record is back on all brokers: a queue that never finds a leader. Whoever publishes to an exchange that it is
bound to is refused, and repeats it without end: services then delete no server any more.

A remnant is the record of a queue that expires, all of whose brokers run, and most of whose brokers have no
member of it. No message is lost with it: its members were deleted. A queue that is just being declared looks
alike for a moment, so it counts only in two looks in a row.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import time

WITHIN = 60.0  # seconds for an answer
REMNANTS = """
Running = rabbit_nodes:all_running(),
Kept = fun (Q, Nodes) ->
  {Member, _} = amqqueue:get_pid(Q),
  [N || N <- Nodes, erpc:call(N, ra_directory, uid_of, [quorum_queues, Member], 5000) =/= undefined] end,
IsRemnant = fun (Q) ->
  amqqueue:get_type(Q) =:= rabbit_quorum_queue
    andalso lists:keymember(<<"x-expires">>, 1, amqqueue:get_arguments(Q))
    andalso begin
      #{nodes := Nodes} = amqqueue:get_type_state(Q),
      Nodes -- Running =:= [] andalso 2 * length(Kept(Q, Nodes)) =< length(Nodes) end end,
"""
LOOK = (
    REMNANTS
    + """
Named = fun (Q) -> {resource, _, queue, Name} = amqqueue:get_name(Q), Name end,
Found = case lists:min(Running) =:= node() of
  true -> [Named(Q) || Q <- rabbit_amqqueue:list(<<"/">>), IsRemnant(Q)];
  false -> [] end,
io:format("~s", [rabbit_json:encode(Found)]), ok.
"""
)
# Prints on how many brokers there was a member; nothing if it is no remnant any more.
REMOVE = (
    REMNANTS
    + """
Queue = rabbit_misc:r(<<"/">>, queue, base64:decode(<<"NAME">>)),
case rabbit_amqqueue:lookup(Queue) of
  {ok, Q} -> case IsRemnant(Q) of
    true ->
      {Member, _} = amqqueue:get_pid(Q),
      #{nodes := Nodes} = amqqueue:get_type_state(Q),
      Left = Kept(Q, Nodes),
      [ra:force_delete_server(quorum_queues, {Member, N}) || N <- Left],
      rabbit_amqqueue:internal_delete(Queue, <<"stagegate">>),
      io:format("~b of ~b", [length(Left), length(Nodes)]);
    false -> ok end;
  _ -> ok end, ok.
"""
)


class NoAnswer(Exception):
    """The broker did not do what it was asked; the message is what it said."""


def evaluated(program: str, erlang: str) -> str:
    """What the Erlang prints in this host's broker. Raises NoAnswer."""
    try:
        done = subprocess.run(
            [program], input=erlang, capture_output=True, text=True, timeout=WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"no answer within {WITHIN:g} s") from None
    if done.returncode:
        raise NoAnswer((done.stderr or done.stdout).strip())
    return done.stdout.strip()


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def look(program: str, before: set[str]) -> set[str]:
    """Remove the remnants that were there at the look before, too, and tell each.

    Returns the remnants that count at the next look. Raises NoAnswer.
    """
    now = set(json.loads(evaluated(program, LOOK)))
    for name in sorted(now & before):
        kept = evaluated(program, REMOVE.replace("NAME", base64.b64encode(name.encode()).decode()))
        if kept:
            tell(f"removed queue {name}, which had expired: {kept} brokers had a member of it")
    return now - before


def watch(program: str, interval: float) -> None:
    """Look for ever; print what was removed, and once that the broker does not answer."""
    before: set[str] = set()
    silent = False
    while True:
        time.sleep(interval)
        try:
            before = look(program, before)
        except NoAnswer as said:
            if not silent:
                tell(f"the broker does not answer, it is asked again: {said}")
            before, silent = set(), True
            continue
        silent = False


def main() -> None:
    """Read what asks the broker, and how often, and watch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interval", required=True, type=float, help="seconds between two looks")
    parser.add_argument("program", help="evaluates the Erlang on its stdin in this host's broker")
    options = parser.parse_args()
    watch(options.program, options.interval)


if __name__ == "__main__":
    main()
