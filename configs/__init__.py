"""Experiments, one a file; what each costs and reaches, where it was run."""
