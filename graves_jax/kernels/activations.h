// The logistic function and tanh of sixteen numbers at once.
#ifndef GRAVES_JAX_KERNELS_ACTIVATIONS_H_
#define GRAVES_JAX_KERNELS_ACTIVATIONS_H_

#include <immintrin.h>

#include "products.h"

namespace graves_jax {

// exp(x) = 2^n (1 + p) for |x| < 87, p to about one unit in the last place.
struct Exponential {
  Vec p, n;
};

inline Exponential Exp(Vec x) {
  const Vec log2e = _mm512_set1_ps(1.44269504f);
  Vec n = _mm512_roundscale_ps(_mm512_mul_ps(x, log2e),
                               _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  Vec r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  Vec p = _mm512_set1_ps(1.9875691500e-4f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
  return {_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r), n};
}

inline Vec Clamp(Vec x, Vec limit) {
  // In this order NaN stays NaN.
  x = _mm512_min_ps(limit, x);
  return _mm512_max_ps(_mm512_sub_ps(_mm512_setzero_ps(), limit), x);
}

inline Vec Sigmoid(Vec x) {
  const Vec one = _mm512_set1_ps(1.0f);
  x = Clamp(x, _mm512_set1_ps(80.0f));
  Exponential e = Exp(_mm512_sub_ps(_mm512_setzero_ps(), x));
  Vec exp = _mm512_scalef_ps(_mm512_add_ps(e.p, one), e.n);
  return _mm512_div_ps(one, _mm512_add_ps(one, exp));
}

// tanh(x) = m / (m + 2) with m = exp(2 x) - 1, exact for small x too.
inline Vec Tanh(Vec x) {
  const Vec one = _mm512_set1_ps(1.0f);
  x = Clamp(x, _mm512_set1_ps(20.0f));
  Exponential e = Exp(_mm512_add_ps(x, x));
  Vec power = _mm512_scalef_ps(one, e.n);
  Vec m = _mm512_fmadd_ps(e.p, power, _mm512_sub_ps(power, one));
  return _mm512_div_ps(m, _mm512_add_ps(m, _mm512_set1_ps(2.0f)));
}

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_ACTIVATIONS_H_
