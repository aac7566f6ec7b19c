"""The HTML that templates get from `{% load display %}`."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import ResolverMatch

from core import display

NOON = datetime(2026, 11, 23, 12, 3, 5, 999_999, tzinfo=UTC)
NASTY = '<script>alert("x")</script>&'
ESCAPED = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;"


def render(source, **context):
    return Template("{% load display %}" + source).render(Context(context))


@time_machine.travel(NOON + timedelta(minutes=4), tick=False)
def test_when_shows_the_distance_and_keeps_the_exact_moment():
    assert render("{% when at %}", at=NOON) == (
        '<time datetime="2026-11-23T12:03:05Z" title="23 Nov 2026, 12:03:05 UTC" data-relative>'
        "4 min ago</time>"
    )


@time_machine.travel(NOON + timedelta(hours=2), tick=False)
def test_when_has_other_styles():
    assert render('{% when at "exact" %}', at=NOON) == (
        '<time datetime="2026-11-23T12:03:05Z">23 Nov 2026, 12:03:05 UTC</time>'
    )
    assert ">23 Nov 2026, 12:03:05.999 UTC</time>" in render('{% when at "precise" %}', at=NOON)
    assert ">12:03:05 UTC</time>" in render('{% when at "clock" %}', at=NOON)
    assert render('{% when at "both" %}', at=NOON).startswith("23 Nov 2026, 12:03:05 UTC <span")
    assert "2 h ago" in render('{% when at "both" %}', at=NOON)
    assert render("{% when at %}", at=None) == '<span class="none">&ndash;</span>'


def test_days_and_months_are_times_too():
    assert (
        render("{{ at|day }}", at=NOON.date()) == '<time datetime="2026-11-23">23 Nov 2026</time>'
    )
    assert render("{{ at|month }}", at=NOON) == '<time datetime="2026-11">November 2026</time>'


@time_machine.travel(NOON + timedelta(hours=2), tick=False)
def test_freshness_names_the_moment_and_the_source():
    assert ">12:03:05 UTC</time>" in render("{% freshness at %}", at=NOON)
    assert "Mirror as of <time" in render('{% freshness at "Mirror" %}', at=NOON)
    assert "nothing received yet" in render("{% freshness at %}", at=None)
    assert "mirror: nothing received yet" in render('{% freshness at "mirror" %}', at=None)


@time_machine.travel(NOON + timedelta(days=2), tick=False)
def test_what_is_of_another_day_does_not_look_fresh():
    assert ">23 Nov 2026, 12:03:05 UTC</time>" in render("{% freshness at %}", at=NOON)


def test_usd_keeps_the_exact_amount_in_the_markup():
    assert render("{% usd amount 3 %}", amount=Decimal("1234.0123456")) == (
        '<data class="money" value="1234.0123456" title="$1234.0123456">$1,234.012</data>'
    )


def test_an_unknown_price_is_said_to_be_unknown():
    assert ">unknown</span>" in render("{% usd amount %}", amount=None)


def test_a_state_is_a_symbol_a_colour_and_a_word():
    html = render("{% status code %}", code="TIMED_OUT")

    assert 'class="state state-bad"' in html
    assert '<svg class="icon"' in html
    assert 'aria-hidden="true"' in html
    assert "<span>Timed out</span>" in html


@pytest.mark.parametrize(
    "source",
    [
        "{% status value %}",
        '{% status "failed" value %}',
        "{{ value|pretty_json }}",
        "{% json_block value %}",
        "{% json_block document value %}",
        "{% copy_button value value %}",
        "{% freshness at value %}",
    ],
)
def test_no_value_becomes_markup(source):
    html = render(source, value=NASTY, document={NASTY: NASTY}, at=NOON)

    assert "<script" not in html.lower()
    assert "alert" in html


def test_a_json_block_escapes_inside_its_colours():
    html = render("{% json_block document %}", document={"a": NASTY})

    assert '<span class="j-key">&quot;a&quot;</span>' in html
    assert '<span class="j-string">&quot;&lt;script&gt;' in html


def test_a_large_json_block_goes_without_colours():
    html = render("{% json_block document %}", document=["x" * display.COLOURED_JSON_CHARS])

    assert "<span" not in html
    assert "xxx" in html


def test_a_copy_button_is_hidden_until_a_script_can_copy():
    html = render('{% copy_button "arn:aws" "ARN" %}')

    assert 'data-copy="arn:aws"' in html
    assert 'aria-label="Copy ARN" hidden>' in html


def test_every_symbol_that_a_state_may_show_is_vendored():
    folder = Path(settings.BASE_DIR, "static", "vendor", "tabler-icons")
    names = {icon for _, icon in display._STATES.values()} | {display._UNKNOWN[1]}

    assert {name for name in names if not (folder / f"{name}.svg").exists()} == set()


@pytest.mark.parametrize(
    ("namespace", "view_name", "is_marked"),
    [
        ("costs", "costs:overview", True),
        ("executions", "executions:list", False),
        ("", "home", False),
    ],
)
def test_the_present_page_is_marked_in_the_navigation(namespace, view_name, is_marked):
    request = RequestFactory().get("/")
    name = view_name.rpartition(":")[2]
    request.resolver_match = ResolverMatch(
        lambda _: None, (), {}, url_name=name, namespaces=[namespace] if namespace else []
    )

    html = render('<a {% current "costs" %}>', request=request)

    assert html == ('<a aria-current="page">' if is_marked else "<a >")


def test_url_with_changes_the_query_and_forgets_the_place_in_the_list():
    request = RequestFactory().get("/runs/?status=failed&cursor=abc&q=a%26b")

    assert render('{% url_with status="ok" %}', request=request) == "/runs/?status=ok&amp;q=a%26b"
    assert render("{% url_with status=None q=None %}", request=request) == "/runs/"


def test_a_form_field_ties_label_help_and_errors_to_its_widget():
    class Form(forms.Form):
        name = forms.CharField(help_text="What for", max_length=3)

    html = render("{% form_field form.name %}", form=Form({"name": NASTY}))

    assert re.search(r'<label\s+class="form-label"\s+for="id_name"\s*>Name</label>', html)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert ESCAPED in html
    assert "<script" not in html


def test_a_compact_form_field_keeps_its_label_for_screen_readers():
    class Form(forms.Form):
        name = forms.CharField()

    html = render('{% form_field form.name "compact" %}', form=Form())

    assert re.search(r'<label\s+class="visually-hidden"\s+for="id_name"\s*>Name</label>', html)
    assert 'placeholder="Name"' in html
