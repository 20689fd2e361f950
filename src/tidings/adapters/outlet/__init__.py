"""The published folder: `folder` writes it, `dry_run` only compares."""
