"""What the directory knows: a record a person, exactly as it was given."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Record:
    """One person, filed under the login that the company knows.

    GitHub tells no company of a rename, so the login may be an old one; the id never is.
    """

    login: str
    github_id: int
    company: dict[str, Any]


@dataclass
class Records:
    """All people of the directory, by login in lower case."""

    by_login: dict[str, Record] = field(default_factory=dict)
    revision: int = 0

    def find(self, login: str) -> Record | None:
        return self.by_login.get(login.lower())

    def find_by_id(self, github_id: int) -> Record | None:
        return next((one for one in self.by_login.values() if one.github_id == github_id), None)

    def email_of(self, github_id: int) -> str:
        """The address that the company has of somebody; "" where it has none."""
        found = self.find_by_id(github_id)
        return str(found.company.get("email") or "") if found else ""

    def put(self, login: str, github_id: int, company: dict[str, Any]) -> None:
        """File a person under a login, and under no other any more."""
        self.remove(login, github_id)
        self.by_login[login.lower()] = Record(login, github_id, company)

    def remove(self, login: str, github_id: int) -> None:
        """Forget a person, under whatever login."""
        self.by_login = {
            key: one
            for key, one in self.by_login.items()
            if key != login.lower() and one.github_id != github_id
        }
        self.revision += 1

    def clear(self) -> None:
        self.by_login.clear()
        self.revision += 1
