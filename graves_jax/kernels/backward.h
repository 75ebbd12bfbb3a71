// Back through Eqs. (7)-(11), derivatives of net inputs clipped.
#ifndef GRAVES_JAX_KERNELS_BACKWARD_H_
#define GRAVES_JAX_KERNELS_BACKWARD_H_

#include <immintrin.h>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activations.h"
#include "pieces.h"
#include "products.h"

namespace graves_jax {

template <typename P>
struct Backward {
  using Word = typename P::Word;
  static constexpr int kMostRows = 5, kMostVecs = 5;

  int64_t steps, batch, hidden, fed_back, below;
  Panels<P> transposed;  // [4 H, D]
  Panels<P> to_inputs;   // [4 H, X]
  const float *d_outputs, *i, *f, *c, *o, *peephole, *first_cell;
  float clip;
  Word* d_net;
  const float *d_hidden_end, *d_cell_end;  // [B, H]
  float *d_state, *d_cell;                 // [B, D], [B, H]
  float* d_inputs;                         // [T, B, X]

  // Adds to sums [7, H]: of the three peepholes and the four biases.
  void Rows(int64_t begin, int64_t end, float* sums) const {
    int64_t size = (end - begin) * hidden;
    std::vector<float> cells((steps + 1) * size);
    std::memcpy(cells.data(), first_cell + begin * hidden,
                size * sizeof(float));
    for (int64_t t = 0; t < steps; ++t) {  // Eq. (9) again
      const float* before = cells.data() + t * size;
      float* after = cells.data() + (t + 1) * size;
      int64_t at = (t * batch + begin) * hidden;
      for (int64_t k = 0; k < size; ++k) {
        after[k] = f[at + k] * before[k] + i[at + k] * c[at + k];
      }
    }
    for (int64_t t = steps - 1; t >= 0; --t) {
      const float* cell = cells.data() + (t + 1) * size;
      for (int64_t unit = 0; unit < hidden; unit += kLanes) {
        Units(t, begin, end, unit, cell, cell - size, sums);
      }
      Prefetch(t - 1, begin, end);
      Products(t, begin, end, transposed, d_state, fed_back);
      float* to = d_inputs + t * batch * below;
      Products(t, begin, end, to_inputs, to, below);
    }
  }

  // Sixteen units of all rows: derivatives of their net inputs and cells.
  void Units(int64_t t, int64_t begin, int64_t end, int64_t unit,
             const float* cell, const float* previous, float* sums) const {
    const Vec one = _mm512_set1_ps(1.0f), limit = _mm512_set1_ps(clip);
    const bool last = t == steps - 1;
    __mmask16 mask = MaskOf(hidden - unit);
    auto load = [mask](const float* at) {
      return _mm512_maskz_loadu_ps(mask, at);
    };
    auto slope = [&](Vec x) {  // of the logistic function
      return _mm512_mul_ps(x, _mm512_sub_ps(one, x));
    };
    Vec w_ci = load(peephole + unit), w_cf = load(peephole + hidden + unit);
    Vec w_co = load(peephole + 2 * hidden + unit);
    Vec total[7];
    for (Vec& x : total) x = _mm512_setzero_ps();
    for (int64_t b = begin; b < end; ++b) {
      int64_t row = t * batch + b, at = row * hidden + unit;
      int64_t own = (b - begin) * hidden + unit;
      Vec vi = load(i + at), vf = load(f + at), vc = load(c + at);
      Vec vo = load(o + at), before = load(previous + own);
      Vec after = load(cell + own), squashed = Tanh(after);
      Vec d_output = _mm512_add_ps(load(d_outputs + at),
                                   load(last ? d_hidden_end + b * hidden + unit
                                             : d_state + b * fed_back + unit));
      Vec d_o = _mm512_mul_ps(_mm512_mul_ps(d_output, squashed), slope(vo));
      d_o = Clamp(d_o, limit);
      const float* from = last ? d_cell_end : d_cell;
      Vec d = _mm512_fmadd_ps(d_o, w_co, load(from + b * hidden + unit));
      d = _mm512_fmadd_ps(_mm512_mul_ps(d_output, vo),
                          _mm512_fnmadd_ps(squashed, squashed, one), d);
      Vec d_i = Clamp(_mm512_mul_ps(_mm512_mul_ps(d, vc), slope(vi)), limit);
      Vec d_f =
          Clamp(_mm512_mul_ps(_mm512_mul_ps(d, before), slope(vf)), limit);
      Vec d_c = Clamp(_mm512_mul_ps(_mm512_mul_ps(d, vi),
                                    _mm512_fnmadd_ps(vc, vc, one)),
                      limit);
      d = _mm512_mul_ps(d, vf);
      d = _mm512_fmadd_ps(d_i, w_ci, _mm512_fmadd_ps(d_f, w_cf, d));
      _mm512_mask_storeu_ps(d_cell + b * hidden + unit, mask, d);
      const Vec derivatives[kGates] = {d_i, d_f, d_c, d_o};
      for (int g = 0; g < kGates; ++g) {
        P::Store(d_net + (row * kGates + g) * hidden + unit, derivatives[g],
                 mask);
        total[3 + g] = _mm512_add_ps(total[3 + g], derivatives[g]);
      }
      total[0] = _mm512_fmadd_ps(d_i, before, total[0]);
      total[1] = _mm512_fmadd_ps(d_f, before, total[1]);
      total[2] = _mm512_fmadd_ps(d_o, after, total[2]);
    }
    for (int k = 0; k < 7; ++k) {
      float* at = sums + k * hidden + unit;
      _mm512_mask_storeu_ps(at, mask, _mm512_add_ps(load(at), total[k]));
    }
  }

  // What a step reads, while the products of the step after it are formed.
  void Prefetch(int64_t t, int64_t begin, int64_t end) const {
    if (t < 0) return;
    int64_t at = (t * batch + begin) * hidden, size = (end - begin) * hidden;
    for (const float* from : {d_outputs, i, f, c, o}) {
      for (int64_t k = 0; k < size; k += kLanes) {
        _mm_prefetch(from + at + k, _MM_HINT_T1);
      }
    }
  }

  // Rows of d_net times weights of so many columns.
  void Products(int64_t t, int64_t begin, int64_t end,
                const Panels<P>& weights, float* to, int64_t columns) const {
    InPieces(0, DivideUp(columns, kLanes), kMostVecs, [&](int64_t panel,
                                                          int64_t panels) {
      InPieces(begin, end, kMostRows, [&](int64_t b, int64_t rows) {
        const Word* from = d_net + (t * batch + b) * kGates * hidden;
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
  static void Product(const Word* from, const Panels<P>& weights,
                      int64_t panel, float* to, int64_t stride, int64_t left) {
    const Word* panels[kVecs];
    for (int v = 0; v < kVecs; ++v) panels[v] = weights[panel + v];
    Vec sums[kRows][kVecs];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < kVecs; ++v) sums[r][v] = _mm512_setzero_ps();
    }
    Accumulate<P>(sums, from, weights.depth, panels, weights.depth);
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
