// Eqs. (7)-(11), step by step.
#ifndef GRAVES_JAX_KERNELS_FORWARD_H_
#define GRAVES_JAX_KERNELS_FORWARD_H_

#include <immintrin.h>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activations.h"
#include "pieces.h"
#include "products.h"

namespace graves_jax {

template <typename P>
struct Forward {
  using Word = typename P::Word;
  static constexpr int kMostRows = 6;

  int64_t steps, batch, hidden, fed_back;
  Panels<P> recurrent;   // [D, 4 H], each gate filled up to whole panels
  Panels<P> projection;  // [X, 4 H], likewise
  const Word* inputs;    // [T, B, X], X filled up to kDepth
  const float* net;      // nullptr: nothing else
  const float *bias, *peephole, *start, *start_cell;
  int64_t chunk;
  bool keeps_gates;
  float *outputs, *i, *f, *c, *o;
  float *first_cells, *cell;  // [T / chunk, B, H], [B, H]

  void Rows(int64_t begin, int64_t end) const {
    int64_t stride = recurrent.depth;
    std::vector<Word> now((end - begin) * stride, 0), next(now);
    for (int64_t b = begin; b < end; ++b) {
      std::memcpy(cell + b * hidden, start_cell + b * hidden,
                  hidden * sizeof(float));
      for (int64_t k = 0; k < fed_back; ++k) {
        now[(b - begin) * stride + k] = P::Round(start[b * fed_back + k]);
      }
    }
    int64_t groups = DivideUp(hidden, kLanes);
    int64_t size = (end - begin) * hidden;
    for (int64_t t = 0; t < steps; ++t) {
      if (t % chunk == 0) {
        std::memcpy(first_cells + (t / chunk * batch + begin) * hidden,
                    cell + begin * hidden, size * sizeof(float));
      }
      for (int64_t group = 0; group < groups; ++group) {
        InPieces(begin, end, kMostRows, [&](int64_t b, int64_t count) {
          const Word* from = now.data() + (b - begin) * stride;
          Word* to = next.data() + (b - begin) * stride;
          WithConstant<kMostRows>(count, [&](auto rows) {
            Group<decltype(rows)::value>(t, b, group, from, to);
          });
        });
      }
      std::swap(now, next);
    }
  }

  // Net inputs of sixteen units, from rows as long as the panels are deep.
  template <int kRows>
  static inline __attribute__((always_inline)) void Add(
      Vec (&sums)[kRows][kGates], const Word* rows, const Panels<P>& weights,
      int64_t groups, int64_t group) {
    const Word* panels[kGates];
    for (int g = 0; g < kGates; ++g) panels[g] = weights[g * groups + group];
    Accumulate<P>(sums, rows, weights.depth, panels, weights.depth);
  }

  // Sixteen units of some rows, one step.
  template <int kRows>
  void Group(int64_t t, int64_t b, int64_t group, const Word* from,
             Word* to) const {
    int64_t groups = DivideUp(hidden, kLanes), unit = group * kLanes;
    Vec sums[kRows][kGates];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int g = 0; g < kGates; ++g) sums[r][g] = _mm512_setzero_ps();
    }
    for (int r = 0; r < kRows; ++r) {  // they come while sums are formed
      int64_t row = t * batch + b + r, at = row * hidden + unit;
      for (int g = 0; net && g < kGates; ++g) {
        _mm_prefetch(net + (row * kGates + g) * hidden + unit, _MM_HINT_T0);
      }
      __builtin_prefetch(outputs + at, 1);
      if (!keeps_gates) continue;
      for (const float* to : {i, f, c, o}) __builtin_prefetch(to + at, 1);
    }
    Add(sums, from, recurrent, groups, group);
    const Word* rows = inputs + (t * batch + b) * projection.depth;
    Add(sums, rows, projection, groups, group);
    __mmask16 mask = MaskOf(hidden - unit);
    auto load = [mask](const float* at) {
      return _mm512_maskz_loadu_ps(mask, at);
    };
    for (int r = 0; r < kRows; ++r) {
      int64_t row = t * batch + b + r, at = row * hidden + unit;
      Vec x[kGates];
      for (int g = 0; g < kGates; ++g) {
        int64_t column = g * hidden + unit;
        x[g] = _mm512_add_ps(sums[r][g], load(bias + column));
        if (net) {
          x[g] = _mm512_add_ps(x[g],
                               load(net + row * kGates * hidden + column));
        }
      }
      float* own_cell = cell + (b + r) * hidden + unit;
      Vec state = load(own_cell);
      Vec w_ci = load(peephole + unit), w_cf = load(peephole + hidden + unit);
      Vec w_co = load(peephole + 2 * hidden + unit);
      x[0] = Sigmoid(_mm512_fmadd_ps(w_ci, state, x[0]));  // Eq. (7)
      x[1] = Sigmoid(_mm512_fmadd_ps(w_cf, state, x[1]));  // Eq. (8)
      x[2] = Tanh(x[2]);
      state = _mm512_fmadd_ps(x[1], state, _mm512_mul_ps(x[0], x[2]));  // (9)
      x[3] = Sigmoid(_mm512_fmadd_ps(w_co, state, x[3]));  // Eq. (10)
      Vec output = _mm512_mul_ps(x[3], Tanh(state));       // Eq. (11)
      _mm512_mask_storeu_ps(own_cell, mask, state);
      _mm512_mask_storeu_ps(outputs + at, mask, output);
      if (keeps_gates) {
        _mm512_mask_storeu_ps(i + at, mask, x[0]);
        _mm512_mask_storeu_ps(f + at, mask, x[1]);
        _mm512_mask_storeu_ps(c + at, mask, x[2]);
        _mm512_mask_storeu_ps(o + at, mask, x[3]);
      }
      P::Store(to + r * recurrent.depth + unit, output, mask);
    }
  }
};

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_FORWARD_H_
