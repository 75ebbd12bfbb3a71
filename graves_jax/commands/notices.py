"""What pages say of the weights that they hold or show."""

from pathlib import Path

from graves_jax.pretrained import HANDWRITING


def iam_notice(checkpoint: Path, subject: str) -> str:
  """Who may use what the weights named handwriting made; else nothing.

  Args:
    checkpoint: the folder of the weights.
    subject: of a sentence that goes on "trained on ...".
  """
  if checkpoint.resolve() != HANDWRITING.resolve():
    return ""
  return (
    f"{subject} trained on the IAM On-Line Handwriting Database and are for "
    "non-commercial research, like the data."
  )
