from datetime import UTC, datetime

import pytest

from ghkit.jobs import Job
from ghkit.skus import LARGER_LABELS, STANDARD_LABELS, Resolution, SkuKind, resolve_sku

MOMENT = datetime(2026, 11, 2, tzinfo=UTC)


def job(*labels, group="GitHub Actions", runner="GitHub Actions 7", conclusion="success"):
    return Job(
        id=1,
        name="build",
        conclusion=conclusion,
        started_at=MOMENT,
        completed_at=MOMENT,
        labels=labels,
        runner_name=runner,
        runner_group_name=group,
    )


@pytest.mark.parametrize(
    ("label", "sku"),
    [
        ("ubuntu-slim", "actions_linux_slim"),
        ("ubuntu-latest", "actions_linux"),
        ("ubuntu-22.04-arm", "actions_linux_arm"),
        ("windows-2025-vs2026", "actions_windows"),
        ("windows-11-arm", "actions_windows_arm"),
        ("macos-15-intel", "actions_macos"),
        ("ubuntu-18.04", "actions_linux"),
    ],
)
def test_a_documented_label_in_githubs_group_is_a_standard_runner(label, sku):
    assert resolve_sku(job(label)) == Resolution(
        SkuKind.STANDARD, sku, f"label {label}, group GitHub Actions"
    )


@pytest.mark.parametrize(
    ("label", "sku"), [("macos-15-large", "macos_l"), ("macos-latest-xlarge", "macos_xl")]
)
def test_a_documented_larger_macos_label_is_a_larger_runner(label, sku):
    assert resolve_sku(job(label)) == Resolution(
        SkuKind.LARGER, sku, f"label {label}, group GitHub Actions"
    )


def test_runs_on_is_read_as_github_reads_it_whatever_its_case():
    assert resolve_sku(job("Ubuntu-Latest")).sku == "actions_linux"
    assert resolve_sku(job("Self-Hosted", group="Default")).kind is SkuKind.SELF_HOSTED


def test_several_labels_are_one_runner_when_they_agree():
    assert resolve_sku(job("ubuntu-latest", "ubuntu-24.04")) == Resolution(
        SkuKind.STANDARD,
        "actions_linux",
        "labels ubuntu-latest, ubuntu-24.04, group GitHub Actions",
    )


@pytest.mark.parametrize(
    ("unknown", "why"),
    [
        (job("build-box-7", group="Default"), "label build-box-7, group Default"),
        (job("ubuntu-latest", group="Default"), "label ubuntu-latest, group Default"),
        (
            job("ubuntu-latest", group="github actions"),
            "label ubuntu-latest, group github actions",
        ),
        (job("ubuntu-latest", group=None), "label ubuntu-latest, no group"),
        (job("macos-15-xlarge", group="Large"), "label macos-15-xlarge, group Large"),
        (job("ubuntu-latest-4-cores"), "label ubuntu-latest-4-cores, group GitHub Actions"),
        (job("ubuntu-latest", "gpu"), "labels ubuntu-latest, gpu, group GitHub Actions"),
        (
            job("ubuntu-latest", "windows-latest"),
            "labels ubuntu-latest, windows-latest, group GitHub Actions",
        ),
        (job(), "no label, group GitHub Actions"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_rule_recognises_stays_unknown_and_says_why(unknown, why):
    assert resolve_sku(unknown) == Resolution(
        SkuKind.UNKNOWN, None, f"{why}: not a runner GitHub documents"
    )


@pytest.mark.parametrize("labels", [("self-hosted",), ("self-hosted", "Linux", "X64")])
def test_the_label_self_hosted_decides_in_any_group(labels):
    for group in ("Default", "GitHub Actions"):
        assert resolve_sku(job(*labels, group=group)) == Resolution(
            SkuKind.SELF_HOSTED, "self_hosted", "label self-hosted"
        )


@pytest.mark.parametrize("conclusion", ["cancelled", "failure"])
@pytest.mark.parametrize("labels", [("ubuntu-latest",), ("self-hosted",), ("build-box-7",)])
def test_a_job_that_never_got_a_runner_has_no_sku(conclusion, labels):
    assert resolve_sku(job(*labels, runner="", group="", conclusion=conclusion)) == Resolution(
        SkuKind.NONE, None, "never got a runner"
    )


def test_a_skipped_job_has_no_sku():
    assert resolve_sku(job("ubuntu-latest", runner="", conclusion="skipped")) == Resolution(
        SkuKind.NONE, None, "skipped"
    )


def test_a_success_without_a_runner_is_unknown_and_not_free():
    assert resolve_sku(job("ubuntu-latest", runner=None)) == Resolution(
        SkuKind.UNKNOWN, None, "succeeded, but GitHub names no runner"
    )


def test_no_label_means_two_runners():
    assert STANDARD_LABELS.keys() & LARGER_LABELS.keys() == set()
    assert all(label == label.lower() for label in [*STANDARD_LABELS, *LARGER_LABELS])
