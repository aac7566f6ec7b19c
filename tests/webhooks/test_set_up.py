"""The page that asks each piece of the set-up."""

import threading

import pytest
from django.utils import timezone

from core.aws import stack as deployed
from tests.factories import step_functions
from tests.factories.accounts import account
from tests.factories.webhooks import stored
from webhooks import services
from webhooks.services import set_up

URL = "http://testserver/webhooks/github/"


def findings(**fields):
    found = services.check_all(webhook_url=URL, now=timezone.now(), **fields)
    return {one.name: one for one in found}


def test_every_piece_is_asked_and_what_is_missing_says_how_to_put_it_right(
    github, dead_aws, settings
):
    found = findings()

    assert found["GitHub App"].says == "Signed in as ghadmin."
    assert found["Permissions and events"].state == "ok"
    assert found["Webhook secret"].state == "ok"
    assert found["Deliveries"].says == "No delivery has arrived, not even a ping."
    assert found["Webhook address"].state == "warn"
    assert URL in found["Webhook address"].remedy
    assert found["AWS stack"].state == "missing"
    assert found["Mail"].state == "missing"
    assert found["Workers"].state == "ok"
    assert all(one.remedy for one in found.values() if one.state == "missing")


MACHINES = ("onboard-member", "onboard-members", "update-member", "workflow-cost")


@pytest.fixture
def stack_of(monkeypatch):
    """Deploys a stack with these machines; gives what is asked of it."""

    def deploy(*names):
        aws = step_functions.StepFunctions()
        step_functions.plug_in(aws, monkeypatch)
        outputs = {
            f"{name.title().replace('-', '')}StateMachineArn": step_functions.MACHINE.replace(
                "workflow-cost", name
            )
            for name in names
        }
        monkeypatch.setattr(step_functions, "_OUTPUTS", outputs)
        deployed.forget()
        return aws

    yield deploy
    deployed.forget()


def test_every_machine_of_the_stack_is_asked_whether_or_not_a_route_starts_it(stack_of):
    aws = stack_of(*MACHINES, "clean-up")

    found = set_up.check_stack()

    assert found.says == (
        "ghadmin is deployed, with clean-up, onboard-member, onboard-members, update-member, "
        "workflow-cost."
    )
    assert aws.calls == ["ListExecutions"] * 5


@pytest.mark.parametrize("absent", MACHINES)
def test_a_stack_that_lacks_one_of_our_machines_is_named_as_too_old(stack_of, absent):
    stack_of(*(name for name in MACHINES if name != absent))

    with pytest.raises(deployed.OutputMissing, match=absent.title().replace("-", "")):
        set_up.check_stack()


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (step_functions.Refused("ServiceUnavailable"), "Ask again in a moment: AWS_REGION"),
        (step_functions.Refused("AccessDeniedException"), "Attach the policy"),
        (step_functions.Refused("StateMachineDoesNotExist"), "Deploy the stack"),
    ],
    ids=str,
)
def test_what_to_do_about_aws_depends_on_what_it_says(github, stack_of, refusal, remedy):
    stack_of(*MACHINES).faults["ListExecutions"] = refusal

    assert findings()["AWS stack"].remedy.startswith(remedy)


def test_a_github_that_is_away_is_no_matter_of_settings(github, dead_aws):
    github.fail("/app", status=502)

    assert findings()["GitHub App"].remedy.startswith("Ask again in a moment: GitHub")


def test_a_ping_proves_that_github_reaches_the_dashboard(github, dead_aws):
    github.send({"zen": "Keep it logically awesome.", "hook_id": 7}, event="ping")

    assert "a ping on" in findings()["Deliveries"].says


def test_a_key_that_github_does_not_take_is_told_in_its_words(github, dead_aws, settings):
    settings.GITHUB_APP_ID = "999"

    found = findings()["GitHub App"]

    assert found.state == "missing"
    assert "Integration not found" in found.says


def test_pieces_that_hang_are_waited_for_together_and_the_others_are_told(
    github, dead_aws, monkeypatch
):
    hangs = threading.Event()
    monkeypatch.setattr(set_up, "TIMEOUT_S", 0.5)
    for name in ("check_app", "check_permissions", "check_webhook"):
        monkeypatch.setattr(set_up, name, lambda *_args: hangs.wait(30))

    found = findings()
    hangs.set()

    assert found["GitHub App"].says.startswith("No answer within")
    assert found["Webhook address"].says.startswith("No answer within")
    assert found["Webhook secret"].state == "ok"


@pytest.mark.django_db(transaction=True)
def test_the_page_comes_at_once_and_the_answers_follow(client, dead_aws, settings):
    settings.GITHUB_APP_ID = settings.GITHUB_APP_PRIVATE_KEY = ""
    client.force_login(account("olga"))
    stored()

    at_once = client.get("/deliveries/set-up/").content.decode()
    part = client.get("/deliveries/set-up/?ask=1", headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="load"' in at_once
    assert "<html" not in part
    assert "GitHub cannot be asked" in part
    assert "hx-trigger" not in part
