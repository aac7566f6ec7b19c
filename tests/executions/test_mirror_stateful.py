"""Whatever becomes of the events, the mirror ends in what DescribeExecution says."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core import work
from executions import services
from executions.models import Execution
from executions.signals import execution_finished
from tests.factories.databases import require_database
from tests.factories.executions import guid, hear, work_off
from tests.factories.step_functions import ENDED, START, Refused, StepFunctions, Told, take_over

NAMES = [f"workflow_run-{guid(number)}" for number in (1, 2)]
names = st.sampled_from(NAMES)


class Mirroring(RuleBasedStateMachine):
    """AWS goes its way; events tell of it, twice, late, in any order, or not at all."""

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.clock = START
        self.aws = StepFunctions(clock=lambda: self.clock)
        take_over(self.aws)
        self.events = []
        self.told = []
        self.has_crashed = False
        execution_finished.connect(self.hear_end)

    def hear_end(self, execution, **_kwargs):
        # A receiver reads the output of a success at once.
        assert (execution.output is not None) == (execution.status == "SUCCEEDED")
        self.told.append((execution.name, execution.status, execution.stopped_at))

    def passes(self):
        self.clock += timedelta(milliseconds=400)
        return self.clock

    def happened(self, one):
        self.events.append(one.status_event(at=self.clock))

    @rule(name=names)
    def starts(self, name):
        if name not in {one.name for one in self.aws.executions.values()}:
            self.happened(self.aws.add(Told(name, started_at=self.passes()).started()))

    @rule(name=names, status=st.sampled_from(ENDED))
    def ends(self, name, status):
        for one in self.aws.executions.values():
            if (one.name, one.status) == (name, "RUNNING"):
                self.happened(one.ends(status, self.passes()))

    @rule(name=names)
    def is_redriven(self, name):
        for one in self.aws.executions.values():
            if one.name == name and one.status in ENDED[1:]:
                self.happened(one.redriven(self.passes()))

    @rule(name=names)
    def crashes_without_an_event(self, name):
        for one in self.aws.executions.values():
            if (one.name, one.status) == (name, "RUNNING"):
                one.status, one.stopped_at = "FAILED", self.passes()
                one.error = "States.ServiceRestart"
                self.has_crashed = True

    @rule(data=st.data())
    def events_arrive(self, data):
        if self.events:
            chosen = data.draw(st.lists(st.sampled_from(self.events), max_size=4))
            hear(*chosen, now=self.clock)

    @rule()
    def the_next_event_arrives(self):
        if self.events:
            hear(self.events[-1], now=self.clock)

    @rule()
    def workers_work(self):
        work_off(now=self.clock)

    @rule()
    def workers_are_refused(self):
        # Not an outage, which the client would wait out: a permission that is missing for a while.
        self.aws.faults["DescribeExecution"] = Refused("AccessDeniedException")
        work_off(now=self.clock)
        self.aws.faults.clear()

    @rule()
    def everything_is_asked_about_again(self):
        work.rearm(Execution.objects.all(), now=self.clock)

    @rule(name=names)
    def somebody_looks(self, name):
        for row in Execution.objects.filter(name=name):
            services.look_at(row, now=self.clock)

    @invariant()
    def no_end_is_told_twice(self):
        assert max(Counter(self.told).values(), default=0) <= 1

    def teardown(self):
        try:
            self.once_every_event_has_arrived()
            # What was lost is found by the next sweeps, each after its row has settled.
            for _sweep in range(2):
                self.clock += timedelta(minutes=5)
                services.sweep(now=self.clock)
                work_off(now=self.clock)
            assert self.in_the_mirror() == self.at_aws()
            self.no_end_is_told_twice()
            ended = {(one.name, one.status, one.stopped_at) for one in self.ended()}
            assert ended <= set(self.told)
        finally:
            execution_finished.disconnect(self.hear_end)
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def once_every_event_has_arrived(self):
        random.Random(len(self.events)).shuffle(self.events)
        hear(*self.events, now=self.clock)
        self.clock += timedelta(minutes=5)  # AWS is back long since
        work_off(now=self.clock)
        if not self.has_crashed:
            # Of an execution whose success is heard of first nobody asks how often it was resumed.
            assert without_redrives(self.in_the_mirror()) == without_redrives(self.at_aws())

    def at_aws(self):
        return {one.name: as_described(one) for one in self.aws.executions.values()}

    def ended(self):
        return [one for one in self.aws.executions.values() if one.status in ENDED]

    def in_the_mirror(self):
        return {
            row.name: (
                row.status,
                row.started_at,
                row.stopped_at,
                row.error,
                row.redrive_count,
                row.input,
                row.output if row.status == "SUCCEEDED" else None,
                row.delivery,
            )
            for row in Execution.objects.all()
        }


def without_redrives(executions):
    return {name: facts[:4] + facts[5:] for name, facts in executions.items()}


def as_described(one):
    return (
        one.status,
        one.started_at,
        one.stopped_at,
        one.error or "",
        one.redrive_count,
        one.input,
        one.output,
        guid(NAMES.index(one.name) + 1),
    )


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.django_db
def test_the_mirror_always_ends_in_what_describe_execution_says(database, sfn):
    require_database(database)
    run_state_machine_as_test(
        Mirroring,
        settings=settings(
            max_examples=80,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
