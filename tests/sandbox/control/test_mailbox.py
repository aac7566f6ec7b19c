"""The mailbox that SNS publishes to."""

import pytest

from sandbox.control.mailbox import confirmation_url
from sandbox.orders import BadOrder

QUERY = "Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc"


def test_a_notification_is_kept_as_a_mail(services):
    message = {
        "Type": "Notification",
        "Subject": "workflow-cost failed",
        "Message": "GitHub did not answer.",
        "Timestamp": "2026-11-23T10:00:00.000Z",
    }

    services.order("POST", "/sns", message).raise_for_status()

    assert services.order("GET", "/mails").json() == [
        {
            "subject": "workflow-cost failed",
            "body": "GitHub did not answer.",
            "at": "2026-11-23T10:00:00.000Z",
        }
    ]


def test_a_notification_without_a_subject_has_snss_own(services):
    services.order("POST", "/sns", {"Type": "Notification", "Message": "m"}).raise_for_status()

    [mail] = services.order("GET", "/mails").json()

    assert mail["subject"] == "AWS Notification Message"


def test_mails_stand_in_the_order_in_which_they_came(services):
    for body in ("one", "two"):
        services.order("POST", "/sns", {"Type": "Notification", "Message": body})

    assert [mail["body"] for mail in services.order("GET", "/mails").json()] == ["one", "two"]


@pytest.mark.parametrize("host", ["localhost:4566", "127.0.0.1:4566"])
def test_a_confirmation_goes_to_the_emulator_by_its_own_address(host):
    message = {"SubscribeURL": f"http://{host}/?{QUERY}"}

    url = confirmation_url(message, emulator="http://127.0.0.1:4566")

    assert url == f"http://127.0.0.1:4566/?{QUERY}"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80/",
        "http://169.254.169.254:4566/",
        "http://127.0.0.1.example.com:4566/",
        "http://localhost:4566@example.com/",
        "file:///etc/passwd",
    ],
)
def test_no_other_address_is_ever_visited(url):
    with pytest.raises(BadOrder, match="is not the emulator"):
        confirmation_url({"SubscribeURL": url}, emulator="http://127.0.0.1:4566")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"Type": "Notification"}, "Message: expected a string, got null"),
        ({"Type": "Advert"}, "Type: expected a message of SNS, got 'Advert'"),
        (
            {"Type": "SubscriptionConfirmation", "SubscribeURL": "http://example.com/"},
            "SubscribeURL: example.com is not the emulator at 127.0.0.1:9",
        ),
    ],
)
def test_what_is_no_message_of_sns_is_refused(services, message, error):
    answer = services.order("POST", "/sns", message)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert services.order("GET", "/mails").json() == []


def test_a_confirmation_that_reaches_nobody_says_so(services):
    message = {"Type": "SubscriptionConfirmation", "SubscribeURL": f"http://localhost:9/?{QUERY}"}

    answer = services.order("POST", "/sns", message)

    assert answer.status_code == 502
    assert "does not answer" in answer.json()["error"]
