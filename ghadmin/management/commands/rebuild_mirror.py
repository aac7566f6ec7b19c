"""`manage.py rebuild_mirror`: fill the database from Step Functions and DynamoDB."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from core.aws import dynamodb, stack
from core.errors import DomainError
from costs import services as costs
from executions import services as executions
from onboarding import services as onboarding


class Command(BaseCommand):
    """Rebuild executions, members and costs; twice changes nothing."""

    help = (
        "Rebuilds executions, members and costs from Step Functions and DynamoDB, for example into"
        " an empty database. Safe to run again, and while everything else runs."
    )

    def handle(self, **_options: Any) -> None:
        migrations = MigrationExecutor(connection)
        if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
            message = "The database lacks tables or columns: run `manage.py migrate` first."
            raise CommandError(message)
        try:
            self.rebuild()
        except DomainError as exc:
            message = f"{exc} What was rebuilt by then stays; run the command again."
            raise CommandError(message) from exc

    def rebuild(self) -> None:
        runs = costs.rebuild(items=dynamodb.scan(stack.output("RunsTable")), now=timezone.now())
        self.say(f"Costs: {runs} attempts of workflow runs.")
        members = onboarding.rebuild(
            items=dynamodb.scan(stack.output("MembersTable")), now=timezone.now()
        )
        self.say(f"Members: {members} people and invitations.")
        found = executions.rebuild(clock=timezone.now, say=self.say)
        # Ends that were told on the way asked for their results; most stand there already.
        costs.import_due_runs(clock=timezone.now)
        onboarding.import_due_members(clock=timezone.now)
        self.say(
            f"Executions: {found.listed} listed by AWS, {found.missing} of them were missing,"
            f" {found.different} stood otherwise."
        )

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
