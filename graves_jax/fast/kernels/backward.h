// Back through Eqs. (7)-(11), derivatives of net inputs clipped.
#ifndef GRAVES_JAX_KERNELS_BACKWARD_H_
#define GRAVES_JAX_KERNELS_BACKWARD_H_

#include <immintrin.h>
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "activations.h"
#include "dropout.h"
#include "gates.h"
#include "pieces.h"
#include "products.h"
#include "weight_gradient.h"

namespace graves_jax {

template <typename P>
struct Backward {
  using Word = typename P::Word;
  static constexpr int kMostRows = 5, kMostVecs = 5;  // of a product
  static constexpr int kUnitRows = 2;  // whose sums stay in registers

  int64_t steps, batch, hidden, fed_back, below;
  Panels<P> transposed;           // [4 H, D]
  Panels<P> to_inputs;            // [4 H, X]
  const Word* gates;              // by GatesAt
  Dropout dropout;
  const float *d_outputs, *peephole;
  float clip;
  Word* d_net;              // of a step, [B, 4 H]
  float *d_state, *d_cell;  // [B, D], [B, H]
  float* d_inputs;          // [T, B, X]
  float* cells;  // of the steps of a chunk, and before it: [C + 1, B, H]
  const WeightGradient<P>* gradient;  // takes what it needs, or nullptr

  // Some rows, back through `count` steps from `first` on, from d_state and
  // d_cell to d_state and d_cell. Adds to sums [7, H]: of the three peepholes
  // and the four biases.
  void Rows(int64_t first, int64_t count, int64_t begin, int64_t end,
            const float* first_cell, float* sums) const {
    std::memcpy(cells + begin * hidden, first_cell + begin * hidden,
                (end - begin) * hidden * sizeof(float));
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t b = begin; b < end; ++b) {
        MakeCells(first + s, b, cells + (s * batch + b) * hidden);
      }
    }
    for (int64_t s = count - 1; s >= 0; --s) {
      int64_t t = first + s;
      for (int64_t b = begin; b < end; b += kUnitRows) {
        WithConstant<kUnitRows>(std::min<int64_t>(kUnitRows, end - b),
                                [&](auto rows) {
          Units<decltype(rows)::value>(t, s, b, sums);
        });
      }
      if (gradient) gradient->Read(t, s, begin, end);
      if (t > 0) Prefetch(t - 1, begin, end);
      Products(begin, end, transposed, d_state, fed_back);
      Products(begin, end, to_inputs, d_inputs + t * batch * below, below);
    }
  }

 private:
  // Eq. (9) again, from the cells before a step to those after it.
  void MakeCells(int64_t t, int64_t b, float* cell) const {
    int64_t groups = DivideUp(hidden, kLanes);
    for (int64_t group = 0; group < groups; ++group) {
      int64_t unit = group * kLanes;
      __mmask16 mask = MaskOf(hidden - unit);
      Vec x[kGates];
      LoadGates(gates + GatesAt(t * batch + b, group, groups), x);
      Vec before = _mm512_maskz_loadu_ps(mask, cell + unit);
      Vec after = _mm512_fmadd_ps(
          x[1], before, _mm512_mul_ps(x[0], dropout.Scaled(x[2])));
      _mm512_mask_storeu_ps(cell + batch * hidden + unit, mask, after);
    }
  }

  // Derivatives of net inputs and cells of some rows.
  template <int kRows>
  void Units(int64_t t, int64_t s, int64_t b, float* sums) const {
    const Backward self(*this);  // of which nobody else knows
    for (int64_t unit = 0; unit < hidden; unit += kLanes) {
      self.template Group<kRows>(t, s, b, unit, sums);
    }
  }

  template <int kRows>
  inline __attribute__((always_inline)) void Group(int64_t t, int64_t s,
                                                   int64_t b, int64_t unit,
                                                   float* sums) const {
    constexpr int64_t kDepth = P::kDepth;
    for (int g = 0; gradient && unit + kLanes < hidden && g < kGates; ++g) {
      for (int64_t r = 0; r < kRows; r += kDepth) {
        __builtin_prefetch(
            gradient->Derivatives(s, b + r, g, unit + kLanes), 1);
      }
    }
    Vec total[7];
    for (Vec& x : total) x = _mm512_setzero_ps();
#pragma GCC unroll 1
    for (int64_t r = 0; r < kRows; r += kDepth) {
      Vec deep[kGates][kDepth];
#pragma GCC unroll 2
      for (int64_t d = 0; d < kDepth; ++d) {
        Vec derivatives[kGates];
        if (r + d < kRows) {
          Row(t, s, b + r + d, unit, derivatives, total);
        } else {
          for (Vec& x : derivatives) x = _mm512_setzero_ps();
        }
        for (int g = 0; g < kGates; ++g) deep[g][d] = derivatives[g];
      }
      if (!gradient) continue;
      for (int g = 0; g < kGates; ++g) {
        P::StoreDeep(gradient->Derivatives(s, b + r, g, unit), deep[g]);
      }
    }
    for (int k = 0; k < 7; ++k) {
      float* at = sums + k * hidden + unit;
      Vec sum = _mm512_maskz_loadu_ps(MaskOf(hidden - unit), at);
      _mm512_mask_storeu_ps(at, MaskOf(hidden - unit),
                            _mm512_add_ps(sum, total[k]));
    }
  }

  inline __attribute__((always_inline)) void Row(
      int64_t t, int64_t s, int64_t b, int64_t unit,
      Vec (&derivatives)[kGates], Vec (&total)[7]) const {
    const Vec one = _mm512_set1_ps(1.0f), limit = _mm512_set1_ps(clip);
    __mmask16 mask = MaskOf(hidden - unit);
    auto load = [mask](const float* at) {
      return _mm512_maskz_loadu_ps(mask, at);
    };
    auto slope = [&](Vec x) {  // of the logistic function
      return _mm512_mul_ps(x, _mm512_sub_ps(one, x));
    };
    Vec w_ci = load(peephole + unit), w_cf = load(peephole + hidden + unit);
    Vec w_co = load(peephole + 2 * hidden + unit);
    int64_t row = t * batch + b, own = b * hidden + unit;
    Vec x[kGates];
    int64_t groups = DivideUp(hidden, kLanes);
    LoadGates(gates + GatesAt(row, unit / kLanes, groups), x);
    const Vec vi = x[0], vf = x[1], vc = x[2], vo = x[3];
    const Vec added = dropout.Scaled(vc);
    const float* cell = cells + s * batch * hidden + own;
    Vec before = load(cell), after = load(cell + batch * hidden);
    Vec squashed = Tanh(after);
    Vec d_output = _mm512_add_ps(load(d_outputs + row * hidden + unit),
                                 load(d_state + b * fed_back + unit));
    Vec d_o = _mm512_mul_ps(_mm512_mul_ps(d_output, squashed), slope(vo));
    d_o = Clamp(d_o, limit);
    Vec d = _mm512_fmadd_ps(d_o, w_co, load(d_cell + own));
    d = _mm512_fmadd_ps(_mm512_mul_ps(d_output, vo),
                        _mm512_fnmadd_ps(squashed, squashed, one), d);
    Vec d_i = Clamp(_mm512_mul_ps(_mm512_mul_ps(d, added), slope(vi)), limit);
    Vec d_f = Clamp(_mm512_mul_ps(_mm512_mul_ps(d, before), slope(vf)), limit);
    Vec d_c = dropout.Scaled(_mm512_mul_ps(d, vi));
    d_c = _mm512_mul_ps(d_c, _mm512_fnmadd_ps(vc, vc, one));
    d_c = dropout.Kept(Clamp(d_c, limit), row * hidden + unit, mask);
    d = _mm512_mul_ps(d, vf);
    d = _mm512_fmadd_ps(d_i, w_ci, _mm512_fmadd_ps(d_f, w_cf, d));
    _mm512_mask_storeu_ps(d_cell + own, mask, d);
    derivatives[0] = d_i, derivatives[1] = d_f;
    derivatives[2] = d_c, derivatives[3] = d_o;
    for (int g = 0; g < kGates; ++g) {
      P::Store(d_net + (b * kGates + g) * hidden + unit, derivatives[g],
               mask);
      total[3 + g] = _mm512_add_ps(total[3 + g], derivatives[g]);
    }
    total[0] = _mm512_fmadd_ps(d_i, before, total[0]);
    total[1] = _mm512_fmadd_ps(d_f, before, total[1]);
    total[2] = _mm512_fmadd_ps(d_o, after, total[2]);
  }

  // What a step reads, while the products of the step after it are formed.
  void Prefetch(int64_t t, int64_t begin, int64_t end) const {
    auto fetch = [](const auto* from, int64_t count) {
      constexpr int64_t kLine = 64 / sizeof(*from);
      for (int64_t k = 0; k < count; k += kLine) {
        _mm_prefetch(from + k, _MM_HINT_T1);
      }
    };
    int64_t row = t * batch + begin, rows = end - begin;
    int64_t groups = DivideUp(hidden, kLanes);
    fetch(d_outputs + row * hidden, rows * hidden);
    fetch(gates + GatesAt(row, 0, groups), GatesAt(rows, 0, groups));
    if (dropout.mask) fetch(dropout.mask + row * hidden, rows * hidden);
    if (!gradient) return;
    int64_t stride = gradient->inputs_stride;
    fetch(gradient->inputs + row * stride, rows * stride);
    if (t > 0) fetch(gradient->outputs + (row - batch) * hidden, rows * hidden);
  }

  // Rows of d_net times weights of so many columns.
  void Products(int64_t begin, int64_t end, const Panels<P>& weights,
                float* to, int64_t columns) const {
    InPieces(0, DivideUp(columns, kLanes), kMostVecs, [&](int64_t panel,
                                                          int64_t panels) {
      InPieces(begin, end, kMostRows, [&](int64_t b, int64_t rows) {
        const Word* from = d_net + b * kGates * hidden;
        float* at = to + b * columns + panel * kLanes;
        int64_t left = columns - panel * kLanes;
        WithConstant<kMostRows>(rows, [&](auto rows) {
          WithConstant<kMostVecs>(panels, [&](auto panels) {
            Product<decltype(rows)::value, decltype(panels)::value>(
                from, weights, panel, at, columns, left);
          });
        });
      });
    });
  }

  // Some rows and panels; `left` columns from the first one on.
  template <int kRows, int kVecs>
  static __attribute__((noinline)) void Product(const Word* from,
                                                const Panels<P>& weights,
                                                int64_t panel, float* to,
                                                int64_t stride, int64_t left) {
    const Word* panels[kVecs];
    for (int v = 0; v < kVecs; ++v) panels[v] = weights[panel + v];
    Vec sums[kRows][kVecs];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < kVecs; ++v) sums[r][v] = _mm512_setzero_ps();
    }
    Accumulate<P>(sums, from, weights.depth, P::kDepth, panels, weights.depth);
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVecs; ++v) {
        _mm512_mask_storeu_ps(to + r * stride + v * kLanes,
                              MaskOf(left - v * kLanes), sums[r][v]);
      }
    }
  }
};

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_BACKWARD_H_
