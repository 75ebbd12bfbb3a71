"""What known graphics cards can do at most, by their makers' data sheets."""

from typing import NamedTuple


class Peaks(NamedTuple):
  """Limits of a card; products of dense matrices.

  bfloat16: operations a second, on its matrix units.
  float32: operations a second, in true float32 (no TF32).
  bandwidth: bytes a second, of its own memory.
  """

  bfloat16: float
  float32: float
  bandwidth: float


# By words of what JAX calls the device; the first that fits counts.
_PEAKS = {
  "H200": Peaks(989e12, 67e12, 4.8e12),
  "H100 PCIe": Peaks(756e12, 51e12, 2.0e12),
  "H100": Peaks(989e12, 67e12, 3.35e12),
  "A100-SXM4-80GB": Peaks(312e12, 19.5e12, 2.039e12),
  "A100-SXM4-40GB": Peaks(312e12, 19.5e12, 1.555e12),
  "A100 80GB PCIe": Peaks(312e12, 19.5e12, 1.935e12),
  "L4": Peaks(121e12, 30.3e12, 0.3e12),
}


def peaks_of(device: str) -> Peaks | None:
  """The limits of a card; None if it is not known here."""
  words = device.split()
  for name, peaks in _PEAKS.items():
    if all(word in words for word in name.split()):
      return peaks
  return None
