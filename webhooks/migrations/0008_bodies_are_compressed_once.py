"""PostgreSQL keeps bodies as they are: zstd's output does not shrink, and trying costs a fifth of an INSERT."""

from django.db import migrations

KEEP = "ALTER TABLE webhooks_delivery ALTER COLUMN body SET STORAGE {}"


def set_storage(kind):
    def change(_apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(KEEP.format(kind))

    return change


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0007_backfill_places")]

    operations = [migrations.RunPython(set_storage("EXTERNAL"), set_storage("EXTENDED"))]
