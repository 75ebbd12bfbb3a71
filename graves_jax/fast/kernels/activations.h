// The logistic function and tanh of sixteen numbers at once.
#ifndef GRAVES_JAX_KERNELS_ACTIVATIONS_H_
#define GRAVES_JAX_KERNELS_ACTIVATIONS_H_

#include <immintrin.h>

#include "products.h"

namespace graves_jax {

// Of numbers that are neither 0 nor infinite, to about one unit in the last
// place; much faster than a division.
inline Vec Reciprocal(Vec x) {
  Vec r = _mm512_rcp14_ps(x);
  return _mm512_mul_ps(r, _mm512_fnmadd_ps(x, r, _mm512_set1_ps(2.0f)));
}

inline Vec Clamp(Vec x, Vec limit) {
  // In this order NaN stays NaN.
  x = _mm512_min_ps(limit, x);
  return _mm512_max_ps(_mm512_sub_ps(_mm512_setzero_ps(), limit), x);
}

template <int kCount>
inline Vec Polynomial(Vec x, const float (&coefficients)[kCount]) {
  Vec sum = _mm512_set1_ps(coefficients[kCount - 1]);
#pragma GCC unroll 8
  for (int k = kCount - 2; k >= 0; --k) {
    sum = _mm512_fmadd_ps(sum, x, _mm512_set1_ps(coefficients[k]));
  }
  return sum;
}

// 1 / (1 + 2^y) with y = -x / log(2), and 2^y as 2^floor(y) times a polynomial
// of what is left of y; both polynomials here by Remez' algorithm.
inline Vec Sigmoid(Vec x) {
  constexpr float kPowers[] = {9.999999404e-01f, 6.931530833e-01f,
                               2.401536107e-01f, 5.582631752e-02f,
                               8.989339694e-03f, 1.877576695e-03f};
  Vec y = _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504f));
  y = _mm512_min_ps(_mm512_set1_ps(126.0f), y);
  Vec r = _mm512_reduce_ps(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  Vec power = _mm512_scalef_ps(Polynomial(r, kPowers), y);
  return Reciprocal(_mm512_add_ps(power, _mm512_set1_ps(1.0f)));
}

// m / (m + 2) with m = 2^y - 1 and y = 2 x / log(2), exact for small x too: of
// y = n + r, m is 2^n (2^r - 1) + (2^n - 1).
inline Vec Tanh(Vec x) {
  constexpr float kPowers[] = {6.931471825e-01f, 2.402264923e-01f,
                               5.550357327e-02f, 9.618237615e-03f,
                               1.339073526e-03f, 1.540351223e-04f};
  const Vec one = _mm512_set1_ps(1.0f);
  Vec y = _mm512_mul_ps(x, _mm512_set1_ps(2.88539008f));
  y = _mm512_min_ps(_mm512_set1_ps(64.0f), y);
  Vec r = _mm512_reduce_ps(y, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  Vec power = _mm512_scalef_ps(one, _mm512_sub_ps(y, r));
  Vec m = _mm512_mul_ps(Polynomial(r, kPowers), r);
  m = _mm512_fmadd_ps(m, power, _mm512_sub_ps(power, one));
  return _mm512_mul_ps(m, Reciprocal(_mm512_add_ps(m, _mm512_set1_ps(2.0f))));
}

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_ACTIVATIONS_H_
