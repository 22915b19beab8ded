"""Replay: being written."""

import click

replay = click.Group("replay")
