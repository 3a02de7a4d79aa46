"""What people run beside Pulumi: `python -m commands ...`."""
