"""Lines of IAM-OnDB whose transcripts are certainly not what the ink says.

Found by `benchmarks/suspicious_transcripts.py`, which lists the training lines
that a reader finds least likely to be their transcripts, and looked at one by
one; a line is here only if nobody could read it as its transcript. Training
leaves them out where `data.keep_wrong_transcripts` is not set; nothing that is
scored is ever left out.
"""

from collections.abc import Mapping

# Name of the line: how its ink differs from its transcript.
WRONG_TRANSCRIPTS: Mapping[str, str] = {
  "a02-120-02": "begins with Public and goes on after 1936",
  "a03-063-05": "the is not there",
  "a04-077-06": "34s is not there",
  "a05-345z-07": "heaped is not there",
  "a06-368z-05": "can is not there",
  "b01-000-04": "rise is not there",
  "b02-136z-01": "next is not there",
  "b04-357z-03": "that is not there",
  "b06-502z-01": "with is not there",
  "b07-576z-07": "the is not there",
  "d01-019z-03": "one the is not there",
  "d04-309z-01": "that is not there",
  "d07-506z-02": "here is not there",
  "d07-506z-04": "been is not there",
  "d10-718z-04": "ends with the",
  "e01-022z-07": "quick is not there",
  "e05-290z-02": "ends with have",
  "e05-290z-03": "have stands in the line before",
  "f02-094z-05": "ends with weekly",
  "f02-094z-06": "weekly stands in the line before",
  "f02-094z-07": "one half is not there",
  "f03-182-03": "ends with their",
  "f03-182-04": "their stands in the line before",
  "g07-213z-04": "prepared, not paraded",
  "h02-019-01": "5. is not there",
  "h02-037-05": "large is not there",
  "h02-088z-03": "drug is there twice",
  "j01-054z-01": "1. is not there",
  "j05-272z-08": "one the is not there",
  "j10-486z-11": "ends with read",
  "l01-023z-05": "for is not there",
  "l05-588z-06": "all is not there",
  "l05-596z-01": "Ple is not there",
  "l07-851z-07": "moving stands in the next line",
  "l07-851z-08": "begins with moving",
  "m01-059z-06": "beat is not there",
  "m05-576z-02": "ten stands before t'ousand",
  "m05-576z-03": "an is not there",
  "n05-475z-05": "ends with was",
  "n07-818z-02": "the is not there",
  "n10-225z-07": "for is not there",
  "n10-305z-04": "all is not there",
  "p01-063z-01": "boy stands before and",
  "p06-804z-01": "ends with They",
  "p06-804z-02": "They stands in the line before",
  "p09-110z-04": "leakage - stands in the next line",
  "p09-110z-05": "begins with leakage -",
  "r02-119z-04": "lock is not there",
}
