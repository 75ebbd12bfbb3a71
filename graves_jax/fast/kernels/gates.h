// How activations of gates are kept from the forward to the backward pass.
#ifndef GRAVES_JAX_KERNELS_GATES_H_
#define GRAVES_JAX_KERNELS_GATES_H_

#include <immintrin.h>
#include <cstdint>

#include "products.h"

namespace graves_jax {

// All four of sixteen units side by side: [rows, groups of units, 4, 16].
inline int64_t GatesAt(int64_t row, int64_t group, int64_t groups) {
  return (row * groups + group) * kGates * kLanes;
}

// Beside float32 products they are kept as they are. Those of many steps go
// past the cache, which cannot hold them until they are read.
inline void StoreGates(float* to, const Vec (&x)[kGates], bool past_cache) {
  for (int g = 0; g < kGates; ++g) {
    float* at = to + g * kLanes;
    past_cache ? _mm512_stream_ps(at, x[g]) : _mm512_storeu_ps(at, x[g]);
  }
}
inline void LoadGates(const float* from, Vec (&x)[kGates]) {
  for (int g = 0; g < kGates; ++g) x[g] = _mm512_loadu_ps(from + g * kLanes);
}

// Beside bfloat16 ones in 16 bits, in even steps over [0, 1], and for the cell
// input, a tanh, over [-1, 1]. At most 2^-17 and 2^-16 are lost; products lose
// 2^-9 of each factor. NaN is lost too; outputs, kept as they are, carry it.
inline Vec StepsOf(int gate) {
  return _mm512_set1_ps(gate == 2 ? 32767.0f : 65535.0f);
}
inline void StoreGates(uint16_t* to, const Vec (&x)[kGates],
                       bool past_cache) {
  for (int g = 0; g < kGates; ++g) {
    __m512i steps = _mm512_cvtps_epi32(_mm512_mul_ps(x[g], StepsOf(g)));
    __m256i words = _mm512_cvtepi32_epi16(steps);
    __m256i* at = (__m256i*)(to + g * kLanes);
    past_cache ? _mm256_stream_si256(at, words)
               : _mm256_storeu_si256(at, words);
  }
}
inline void LoadGates(const uint16_t* from, Vec (&x)[kGates]) {
  for (int g = 0; g < kGates; ++g) {
    __m256i words = _mm256_loadu_si256((const __m256i*)(from + g * kLanes));
    __m512i steps =
        g == 2 ? _mm512_cvtepi16_epi32(words) : _mm512_cvtepu16_epi32(words);
    Vec size = _mm512_set1_ps(g == 2 ? 1 / 32767.0f : 1 / 65535.0f);
    x[g] = _mm512_mul_ps(_mm512_cvtepi32_ps(steps), size);
  }
}

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_GATES_H_
