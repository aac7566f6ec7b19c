import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from core import work
from core.work import MAX_STRIKES, WorkState
from costs import services, tasks
from costs.models import RepositoryMonth, Run, RunImport
from executions.models import Execution
from executions.packing import pack_text
from executions.signals import execution_finished
from tests.costs.ledger import from_scratch, in_database
from tests.factories.costs import NOON, ItemFactory, JobFactory

pytestmark = pytest.mark.django_db

# The receiver reads the clock; this is later than whatever it says.
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def ended(item, **fields):
    """An execution that stored this item."""
    run = {name: f"{item[name]}" for name in ("repository_id", "run_id", "run_attempt")}
    output = json.dumps({"stored": True, "run": run, "cost_usd": item["cost_usd"]})
    fields = {
        "name": f"workflow_run-{item['run_id']}-{item['run_attempt']}",
        "state_machine": "workflow-cost",
        "status": "SUCCEEDED",
        "started_at": NOON,
        "stopped_at": NOON,
        "updated_at": NOON,
        "work_state": WorkState.DONE,
        "packed_output": pack_text(output),
    } | fields
    return Execution.objects.create(arn=f"arn:aws:states:::execution:{fields['name']}", **fields)


def tell(execution):
    """Send the signal as the mirror does."""
    with transaction.atomic():
        execution_finished.send(sender=Execution, execution=execution)


def work_off(now=LATER):
    return services.import_due_runs(clock=lambda: now)


def test_a_succeeded_workflow_cost_ends_as_a_run_with_its_cost(runs_table):
    item = ItemFactory()
    runs_table.put(item)

    tell(ended(item))
    work_off()

    run = Run.objects.get()
    assert (run.run_id, run.run_attempt) == (item["run_id"], 1)
    assert in_database() == from_scratch([item])
    row = RunImport.objects.get()
    assert (row.work_state, row.imported_at) == (WorkState.DONE, LATER)


def test_the_woken_task_imports_what_is_due(runs_table):
    item = ItemFactory()
    runs_table.put(item)
    tell(ended(item))

    tasks.import_runs()

    assert in_database() == from_scratch([item])


def test_the_item_is_read_consistently_from_the_stacks_table(runs_table):
    item = ItemFactory(run_id=5, run_attempt=2)
    runs_table.put(item)

    tell(ended(item))
    work_off()

    [request] = runs_table.reads
    assert request["TableName"] == "the-runs"
    assert request["ConsistentRead"] is True
    assert request["Key"] == {"run_id": {"N": "5"}, "run_attempt": {"N": "2"}}


@pytest.mark.parametrize(
    "fields",
    [
        {"state_machine": "onboard-member"},
        {"status": "FAILED"},
        {"status": "ABORTED"},
        {"status": "TIMED_OUT"},
    ],
)
def test_other_ends_import_nothing(fields):
    tell(ended(ItemFactory(), **fields))

    assert list(RunImport.objects.all()) == []


def test_the_wish_to_import_is_undone_with_the_end_that_it_came_from():
    execution = ended(ItemFactory())

    with transaction.atomic():
        execution_finished.send(sender=Execution, execution=execution)
        transaction.set_rollback(True)

    assert list(RunImport.objects.all()) == []


def test_a_worker_is_woken_only_once_the_end_is_committed(
    django_capture_on_commit_callbacks,
):
    with django_capture_on_commit_callbacks() as callbacks:
        tell(ended(ItemFactory()))

    assert [callback.task for callback in callbacks] == ["costs.tasks.import_runs"]


def test_the_same_end_told_twice_counts_once(runs_table):
    item = ItemFactory()
    runs_table.put(item)
    execution = ended(item)

    tell(execution)
    tell(execution)
    work_off()
    tell(execution)
    work_off()

    assert in_database() == from_scratch([item])
    assert RunImport.objects.get().work_state == WorkState.DONE


def test_two_executions_of_one_attempt_count_it_once(runs_table):
    item = ItemFactory()
    runs_table.put(item)

    tell(ended(item, name="first"))
    tell(ended(item, name="second"))
    work_off()

    assert in_database() == from_scratch([item])


def test_an_end_after_a_redrive_reads_the_item_again(runs_table):
    item = ItemFactory(run_id=5)
    runs_table.put(item)
    execution = ended(item)
    tell(execution)
    work_off()
    changed = ItemFactory(run_id=5, all_jobs=[JobFactory(seconds=600)])
    runs_table.put(changed)

    tell(execution)
    work_off()

    assert in_database() == from_scratch([changed])


def test_a_missing_item_is_waited_for_and_then_given_up_with_the_reason(runs_table):
    item = ItemFactory(run_id=5, run_attempt=2)
    tell(ended(item))

    work_off()

    row = RunImport.objects.get()
    assert row.work_state == WorkState.WAITING
    assert row.last_error == "DynamoDB has no run 5, attempt 2."

    for hour in range(1, MAX_STRIKES):
        work_off(LATER + timedelta(hours=hour))

    row.refresh_from_db()
    assert (row.work_state, row.last_error) == (
        WorkState.DEAD,
        "DynamoDB has no run 5, attempt 2.",
    )


def test_an_item_that_comes_late_is_imported(runs_table):
    item = ItemFactory()
    tell(ended(item))
    work_off()
    runs_table.put(item)

    work_off(LATER + timedelta(hours=1))

    assert in_database() == from_scratch([item])


def test_a_given_up_import_is_tried_again_on_demand(runs_table):
    item = ItemFactory()
    tell(ended(item))
    for hour in range(MAX_STRIKES):
        work_off(LATER + timedelta(hours=hour))
    assert RunImport.objects.get().work_state == WorkState.DEAD
    runs_table.put(item)

    count = services.retry_dead_imports(now=LATER)
    work_off()

    assert count == 1
    assert in_database() == from_scratch([item])


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (None, "The execution's output names no run: it has none."),
        ("[]", "The execution's output names no run"),
        (
            '{"run": {"run_id": "5"}}',
            "The execution's output names no run: KeyError('run_attempt').",
        ),
        ('{"run": {"run_id": "x", "run_attempt": "1"}}', "The execution's output names no run"),
    ],
)
def test_an_output_that_names_no_run_is_given_up_at_once(output, reason):
    execution = ended(ItemFactory())
    execution.packed_output = None if output is None else pack_text(output)
    execution.save()

    tell(execution)
    work_off()

    row = RunImport.objects.get()
    assert row.work_state == WorkState.DEAD
    assert row.last_error.startswith(reason)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"cost_usd": "0.013"}, "cost_usd is 0.013, but the jobs come to 0.012"),
        ({"billed_usd": "0"}, "billed_usd is 0, but the jobs come to 0.012"),
        ({"billable_minutes": "3"}, "billable_minutes is 3, but the jobs come to 2"),
        ({"jobs": "{"}, ""),
        ({"visibility": "secret"}, "'secret' is not a valid Visibility"),
    ],
)
def test_an_item_that_makes_no_sense_is_given_up_and_counts_nowhere(runs_table, fields, reason):
    item = ItemFactory() | fields
    runs_table.put(item)

    tell(ended(item))
    work_off()

    row = RunImport.objects.get()
    assert row.work_state == WorkState.DEAD
    assert row.last_error.startswith(f"The run in DynamoDB makes no sense: {reason}")
    assert list(RepositoryMonth.objects.all()) == []


@pytest.mark.parametrize("missing", ["workflow", "repository", "run_number", "event", "jobs"])
def test_what_an_item_lacks_is_named(runs_table, missing):
    item = ItemFactory()
    execution = ended(item)
    del item[missing]
    runs_table.put(item)

    tell(execution)
    work_off()

    row = RunImport.objects.get()
    assert row.work_state == WorkState.DEAD
    assert missing in row.last_error


@pytest.mark.parametrize(
    "refusal",
    [
        (500, "{}"),
        (400, '{"__type": "com.amazon#AccessDeniedException", "message": "not you"}'),
    ],
)
def test_while_aws_refuses_an_import_waits_without_a_strike(runs_table, refusal):
    item = ItemFactory()
    runs_table.put(item)
    runs_table.refusal = refusal
    tell(ended(item))

    work_off()

    row = RunImport.objects.get()
    assert (row.work_state, row.strikes) == (WorkState.WAITING, 0)
    assert row.last_error != ""

    runs_table.refusal = None
    work_off(LATER + timedelta(days=1))
    assert in_database() == from_scratch([item])


def test_a_worker_that_lost_its_lease_records_nothing(runs_table):
    item = ItemFactory()
    runs_table.put(item)
    tell(ended(item))

    [row] = work.claim(RunImport, limit=1, now=LATER, lease_s=60)
    services.request_import(execution=row.execution, now=LATER)
    with pytest.raises(work.LeaseLost):
        services.import_run(row, LATER)

    assert list(Run.objects.all()) == []
    assert RunImport.objects.get().work_state == WorkState.WAITING
