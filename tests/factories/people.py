"""A few dozen people with departments and teams, for pages that are looked at full."""

from datetime import timedelta

from tests.factories.members import days, invitation, person, stamp

DEPARTMENTS = ("Engineering", "Data", "Design", "Sales", "Finance", "Security", "")
TEAMS = {
    "Engineering": ("everyone", "engineering", "storefront"),
    "Data": ("everyone", "data"),
    "Design": ("everyone", "design"),
    "Sales": ("everyone",),
    "Finance": ("everyone", "finance"),
    "Security": ("everyone", "engineering", "security"),
    "": ("everyone",),
}
NAMES = (
    "Ada Lovelace",
    "Grace Hopper",
    "Katherine Johnson",
    "Alan Turing",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Donald Knuth",
    "Margaret Hamilton",
    "Dennis Ritchie",
    "Frances Allen",
    "Ken Thompson",
    "Radia Perlman",
    "Shafi Goldwasser",
)


def items(number=48, *, now):
    """So many people, two invitations by e-mail among them, one of which has expired."""
    found = [
        invitation(
            "grace@acme.example",
            invitation_id=901,
            observed_at=now,
            invited_at=stamp(now - days(2)),
        ),
        invitation(
            "edsger.dijkstra@acme.example",
            invitation_id=902,
            observed_at=now,
            invited_at=stamp(now - days(9)),
        ),
    ]
    for index in range(number):
        name = NAMES[index % len(NAMES)]
        login = name.lower().replace(" ", "-") + (f"-{index // len(NAMES)}" if index > 12 else "")
        department = DEPARTMENTS[(index * index + index // 7) % len(DEPARTMENTS)]
        status = {5: "pending", 11: "pending", 17: "removed"}.get(index % 24, "active")
        fields = {}
        if status == "pending":
            sent_at = now - days(3 if index % 2 else 8)
            fields = {"invited_at": stamp(sent_at), "inviter": "olga"}
        if status == "removed":
            fields = {"ended_at": stamp(now - days(4))}
        slugs = TEAMS[department]
        found.append(
            person(
                login,
                github_id=5000 + index,
                status=status,
                observed_at=now - timedelta(minutes=37 * index),
                teams=dict.fromkeys(slugs, status),
                company={
                    "name": name,
                    "email": f"{login}@acme.example",
                    "employee_id": f"E{1000 + index}",
                    "department": department,
                    "title": ("Engineer", "Analyst", "Lead")[index % 3],
                    "manager": "olga",
                    "desk": f"B{index}",
                    "cost_center": {"code": f"CC-{index % 5}", "valid": True},
                },
                joined_at=stamp(now - days(30 + index)),
                **fields,
            )
        )
    return found
