"""Lines of IAM-OnDB whose transcripts are certainly not what the ink says.

Found by `benchmarks/suspicious_transcripts.py`, which lists the training lines
that a reader finds least likely to be their transcripts, and looked at one by
one; a line is here only if nobody could read it as its transcript. Training
leaves them out where `data.keep_wrong_transcripts` is not set; nothing that is
scored is ever left out.
"""

from collections.abc import Mapping

# Name of the line: what is wrong.
WRONG_TRANSCRIPTS: Mapping[str, str] = {}
