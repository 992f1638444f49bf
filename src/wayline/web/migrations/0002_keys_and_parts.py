import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0001_vault")]
    operations = [
        migrations.CreateModel(
            name="WrongCodes",
            fields=[
                ("minute", models.DateTimeField(primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="VaultHolder",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                ("seen", models.BinaryField()),
                (
                    "record",
                    models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name="holders", to="web.vaultrecord"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VaultPart",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                (
                    "record",
                    models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name="parts", to="web.vaultrecord"),
                ),
            ],
        ),
    ]
