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


# As in the tables of GitHub's page on choosing a runner, typed apart from the product's own.
STANDARD = {
    "actions_linux_slim": "ubuntu-slim",
    "actions_linux": "ubuntu-latest ubuntu-26.04 ubuntu-24.04 ubuntu-22.04 ubuntu-20.04"
    " ubuntu-18.04",
    "actions_linux_arm": "ubuntu-26.04-arm ubuntu-24.04-arm ubuntu-22.04-arm",
    "actions_windows": "windows-latest windows-2025 windows-2025-vs2026 windows-2022 windows-2019",
    "actions_windows_arm": "windows-11-arm windows-11-vs2026-arm",
    "actions_macos": "macos-latest macos-26 macos-26-intel macos-15 macos-15-intel macos-14"
    " macos-13 macos-12 macos-11 xcode-27",
}
LARGER = {
    "macos_l": "macos-latest-large macos-26-large macos-15-large macos-14-large",
    "macos_xl": "macos-latest-xlarge macos-26-xlarge macos-15-xlarge macos-14-xlarge"
    " xcode-27-xlarge",
}


@pytest.mark.parametrize(
    ("kind", "label", "sku"),
    [
        (kind, label, sku)
        for kind, documented in ((SkuKind.STANDARD, STANDARD), (SkuKind.LARGER, LARGER))
        for sku, labels in documented.items()
        for label in labels.split()
    ],
)
def test_a_documented_label_in_githubs_own_group_names_the_sku(kind, label, sku):
    assert resolve_sku(job(label)) == Resolution(kind, sku, f"label {label}, group GitHub Actions")


def test_no_other_label_names_a_sku():
    documented = " ".join([*STANDARD.values(), *LARGER.values()]).split()

    assert sorted([*STANDARD_LABELS, *LARGER_LABELS]) == sorted(documented)


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
