// Eqs. (7)-(11), step by step.
#ifndef GRAVES_JAX_KERNELS_FORWARD_H_
#define GRAVES_JAX_KERNELS_FORWARD_H_

#include <immintrin.h>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activations.h"
#include "dropout.h"
#include "gates.h"
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
  // What else reaches the net inputs: rows of `net` [A, 4 H], which classes
  // [T, B] choose (none, where there is none of that number); without classes
  // one row after another; without net nothing.
  const float* net;
  const int32_t* classes;
  int64_t net_rows;
  Dropout dropout;
  const float *bias, *peephole, *start, *start_cell;
  int64_t chunk;
  float* outputs;             // [T, B, H]
  Word* gates;                // by GatesAt, or nullptr: they are not wanted
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
            const Forward self(*this);  // of which nobody else knows
            self.template Group<decltype(rows)::value>(t, b, group, from, to);
          });
        });
      }
      std::swap(now, next);
    }
    _mm_sfence();  // for gates that went past the cache
  }

  // Net inputs of sixteen units, from rows as long as the panels are deep.
  template <int kRows>
  static inline __attribute__((always_inline)) void Add(
      Vec (&sums)[kRows][kGates], const Word* rows, const Panels<P>& weights,
      int64_t groups, int64_t group) {
    const Word* panels[kGates];
    for (int g = 0; g < kGates; ++g) panels[g] = weights[g * groups + group];
    Accumulate<P>(sums, rows, weights.depth, P::kDepth, panels, weights.depth);
  }

  const float* NetRow(int64_t row) const {
    int64_t k = classes ? classes[row] : row;
    return net && k >= 0 && k < net_rows ? net + k * kGates * hidden : nullptr;
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
      const float* added = NetRow(row);
      __builtin_prefetch(outputs + at, 1);
      if (dropout.mask) __builtin_prefetch(dropout.mask + at);
      for (int g = 0; g < kGates; ++g) {
        int64_t column = g * hidden + unit;
        if (added) _mm_prefetch(added + column, _MM_HINT_T0);
      }
    }
    Add(sums, from, recurrent, groups, group);
    const Word* rows = inputs + (t * batch + b) * projection.depth;
    Add(sums, rows, projection, groups, group);
    __mmask16 mask = MaskOf(hidden - unit);
    auto load = [mask](const float* at) {
      return _mm512_maskz_loadu_ps(mask, at);
    };
    Vec w_ci = load(peephole + unit), w_cf = load(peephole + hidden + unit);
    Vec w_co = load(peephole + 2 * hidden + unit);
    bool past_cache = steps > 1 && reinterpret_cast<uintptr_t>(gates) % 64 == 0;
    Vec state[kRows];
    // Rows in turn at every stage: each waits long for its own stage before.
    for (int r = 0; r < kRows; ++r) {
      const float* added = NetRow(t * batch + b + r);
      for (int g = 0; g < kGates; ++g) {
        int64_t column = g * hidden + unit;
        sums[r][g] = _mm512_add_ps(sums[r][g], load(bias + column));
        if (added) sums[r][g] = _mm512_add_ps(sums[r][g], load(added + column));
      }
      state[r] = load(cell + (b + r) * hidden + unit);
      sums[r][0] = _mm512_fmadd_ps(w_ci, state[r], sums[r][0]);
      sums[r][1] = _mm512_fmadd_ps(w_cf, state[r], sums[r][1]);
    }
    for (auto& x : sums) x[0] = Sigmoid(x[0]);  // Eq. (7)
    for (auto& x : sums) x[1] = Sigmoid(x[1]);  // Eq. (8)
    for (auto& x : sums) x[2] = Tanh(x[2]);
    for (int r = 0; r < kRows; ++r) {
      auto& x = sums[r];
      int64_t at = (t * batch + b + r) * hidden + unit;
      x[2] = dropout.Kept(x[2], at, mask);
      state[r] = _mm512_mul_ps(x[1], state[r]);
      Vec added = dropout.Scaled(x[2]);
      state[r] = _mm512_fmadd_ps(x[0], added, state[r]);  // Eq. (9)
      x[3] = Sigmoid(_mm512_fmadd_ps(w_co, state[r], x[3]));  // Eq. (10)
    }
    for (int r = 0; r < kRows; ++r) {
      int64_t row = t * batch + b + r;
      Vec output = _mm512_mul_ps(sums[r][3], Tanh(state[r]));  // Eq. (11)
      _mm512_mask_storeu_ps(cell + (b + r) * hidden + unit, mask, state[r]);
      _mm512_mask_storeu_ps(outputs + row * hidden + unit, mask, output);
      if (gates) {
        StoreGates(gates + GatesAt(row, group, groups), sums[r], past_cache);
      }
      P::Store(to + r * recurrent.depth + unit, output, mask);
    }
  }
};

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_FORWARD_H_
