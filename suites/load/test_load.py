"""Checks for every component that has a mix of requests, in its `load.py`."""

from collections.abc import Sequence

from suites.harness.component import Component
from suites.hosts.reading import Observation
from suites.load.fixtures import UnderLoad
from suites.load.judging import none_failed, none_stands_out, none_waited
from suites.load.mix import Mix, Subject
from suites.load.sampled import Sample
from suites.seam.target import Load


def test_answers_at_once(component: Component, mix: Mix, load: Load, under_load_holds: UnderLoad) -> None:
    del component, mix  # they only name the check, and say what is asked for

    def judge(subject: Subject, samples: Sequence[Sample]) -> Observation:
        answered = none_failed(samples)
        return none_waited(subject, samples, load.waits) if answered.holds else answered

    under_load_holds(judge)


def test_no_host_stands_out(component: Component, mix: Mix, under_load_holds: UnderLoad) -> None:
    del component, mix
    under_load_holds(none_stands_out)
