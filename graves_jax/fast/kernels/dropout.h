// Recurrent dropout of the candidates, tanh(...) of Eq. (9).
#ifndef GRAVES_JAX_KERNELS_DROPOUT_H_
#define GRAVES_JAX_KERNELS_DROPOUT_H_

#include <immintrin.h>
#include <cstdint>

#include "products.h"

namespace graves_jax {

struct Dropout {
  const bool* mask;  // [T, B, H], false where dropped; nullptr: all are kept
  float scale;       // of those that are kept; 1 without a mask

  // Sixteen candidates or fewer, those that are dropped set to 0. Not scaled:
  // in this form, within [-1, 1], they are saved for the backward pass.
  Vec Kept(Vec x, int64_t at, __mmask16 lanes) const {
    if (!mask) return x;
    __m128i bytes = _mm_maskz_loadu_epi8(lanes, mask + at);
    return _mm512_maskz_mov_ps(_mm_test_epi8_mask(bytes, bytes), x);
  }
  Vec Scaled(Vec x) const { return _mm512_mul_ps(x, _mm512_set1_ps(scale)); }
};

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_DROPOUT_H_
