"""Experiments, one a file, each the record of what it costs and reaches."""
