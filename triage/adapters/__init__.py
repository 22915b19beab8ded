"""The outside world: telephone providers, files, keys. Only triage/app.py picks one."""
