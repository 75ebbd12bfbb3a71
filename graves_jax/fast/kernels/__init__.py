"""Kernels in C++ for processors, compiled where they are used."""
