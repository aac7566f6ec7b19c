"""Repositories, as a run names them and as they are asked for."""

from typing import Any

from sandbox.github import seeded
from sandbox.github.shapes import HTML, completed
from sandbox.github.shapes.accounts import of_account
from sandbox.github.state import Account, Repository

URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
"""GitHub's URL templates of a repository, after its own URL."""

NOTHING_HAPPENED_HERE = {
    "forks": 0,
    "forks_count": 0,
    "open_issues": 0,
    "open_issues_count": 0,
    "network_count": 0,
    "size": 0,
    "stargazers_count": 0,
    "subscribers_count": 0,
    "watchers": 0,
    "watchers_count": 0,
}


def minimal(repository: Repository, owner: Account, *, api: str) -> dict[str, Any]:
    """GitHub's `minimal-repository`: what every repository inside another object has."""
    url = f"{api}/repos/{repository.full_name}"
    return {
        "id": repository.id,
        "node_id": seeded.node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": of_account(owner, api=api),
        "html_url": f"{HTML}/{repository.full_name}",
        "description": None,
        "fork": False,
        "url": url,
        **{name: url + template for name, template in URLS.items()},
    }


def full(repository: Repository, owner: Account, *, api: str) -> dict[str, Any]:
    """GitHub's `full-repository`: what the repository's own address answers."""
    page = f"{HTML}/{repository.full_name}"
    defaults = {
        **minimal(repository, owner, api=api),
        **NOTHING_HAPPENED_HERE,
        "visibility": "private" if repository.private else "public",
        "default_branch": "main",
        "git_url": f"git://github.com/{repository.full_name}.git",
        "ssh_url": f"git@github.com:{repository.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "language": None,
        "license": None,
        "mirror_url": None,
        "is_template": False,
        "topics": [],
        "has_issues": True,
        "has_projects": True,
        "has_wiki": True,
        "has_pages": False,
        "has_downloads": True,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "pushed_at": repository.created_at,
        "created_at": repository.created_at,
        "updated_at": repository.created_at,
    }
    return completed(repository.given, defaults)
