"""The App, and a GitHub that answers it what the test wrote down."""

from collections.abc import Iterator

import pytest

from ghkit.github import GitHubApp
from sandbox.runner.layout import APP_ID, Layout
from tests.factories.scripted_github import NOW, Script, scripted


@pytest.fixture(scope="session")
def private_key(tmp_path_factory) -> str:
    """The App's, as PEM."""
    layout = Layout(state_dir=tmp_path_factory.mktemp("key"), base_port=1)
    layout.prepare()
    return layout.private_key_file.read_text()


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as script:
        yield script


@pytest.fixture
def app(script, private_key) -> GitHubApp:
    return GitHubApp(script.url, APP_ID, private_key, now=lambda: NOW)
