// The gradient of a layer's weights over the steps of a chunk.
#ifndef GRAVES_JAX_KERNELS_WEIGHT_GRADIENT_H_
#define GRAVES_JAX_KERNELS_WEIGHT_GRADIENT_H_

#include <immintrin.h>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "pieces.h"
#include "products.h"

namespace graves_jax {

// Sums over rows (steps of a chunk, and of each all rows of the batch, filled
// up to a multiple of kDepth) of the outer products of what a layer reads and
// the derivatives of its net inputs.
template <typename P>
struct WeightGradient {
  using Word = typename P::Word;
  static constexpr int kStrip = 6;  // weights' rows that are formed at once

  int64_t steps, batch, hidden;
  int64_t below;          // X, of which repeats of inputs are no part
  int64_t inputs_stride;  // from one row of inputs to the next: repeats too
  int64_t classes_count;  // A
  const Word* inputs;     // [T, B, inputs_stride]
  const float *outputs, *start;  // [T, B, H]; those before the first, [B, H]
  const int32_t* classes;        // [T, B]
  float* d_inputs;               // [A + X, 4 H]
  float* d_recurrent;            // [H, 4 H]
  // What is read in strips, [K / 6, rows, 6], and derivatives in panels; each
  // with room for one row more, which tells strips (panels) apart in the cache.
  Aligned<Word> strips, panels;
  // Classes of a chunk, each once, and of each of its rows the place there.
  std::vector<int32_t> present, places;

  int64_t EvenBatch() const { return DivideUp(batch, P::kDepth) * P::kDepth; }
  int64_t MostRows() const { return steps * EvenBatch(); }
  int64_t Depth() const { return below + hidden; }
  int64_t StripSize() const { return (MostRows() + P::kDepth) * kStrip; }
  int64_t Groups() const { return DivideUp(hidden, kLanes); }

  void Allocate() {
    strips = AlignedArray<Word>(DivideUp(Depth(), kStrip) * StripSize());
    panels = AlignedArray<Word>(kGates * Groups() *
                                Panels<P>::SizeOf(MostRows()));
  }

  // Looks at the classes of `count` steps from `first` on.
  void FindClasses(int64_t first, int64_t count) {
    if (!classes_count) return;
    std::vector<int32_t> place_of(classes_count, -1);
    present.clear();
    places.assign(count * batch, -1);
    for (int64_t row = 0; row < count * batch; ++row) {
      int32_t k = classes[first * batch + row];
      if (k < 0 || k >= classes_count) continue;
      if (place_of[k] < 0) {
        place_of[k] = present.size();
        present.push_back(k);
      }
      places[row] = place_of[k];
    }
  }

  // Where derivatives of a gate's units belong, sixteen units of kDepth rows,
  // from row b of a chunk's step s on.
  Word* Derivatives(int64_t s, int64_t b, int gate, int64_t unit) const {
    int64_t panel = gate * Groups() + unit / kLanes;
    return panels.get() + panel * Panels<P>::SizeOf(MostRows()) +
           (s * EvenBatch() + b) * kLanes;
  }

  // Takes what some rows of the batch read, at step t: a chunk's step s.
  void Read(int64_t t, int64_t s, int64_t begin, int64_t end) const {
    const float* previous =
        t > 0 ? outputs + (t - 1) * batch * hidden : start;
    constexpr int64_t kDepth = P::kDepth, kWidth = kStrip * kDepth;
    int64_t count = DivideUp(Depth(), kStrip);
    // One row beside another; a vector may reach behind the last numbers.
    std::vector<Word> deep(count * kWidth + kLanes * kDepth, 0);
    for (int64_t b = begin; b < end; b += kDepth) {
      int64_t left = std::min(kDepth, end - b), row = t * batch + b;
      for (int64_t d = 0; d < left; ++d) {
        const Word* from = inputs + (row + d) * inputs_stride;
        for (int64_t k = 0; k < below; ++k) deep[k * kDepth + d] = from[k];
      }
      for (int64_t k = 0; k < hidden; k += kLanes) {
        Vec both[kDepth];
        for (int64_t d = 0; d < kDepth; ++d) {
          __mmask16 mask = d < left ? Mask(k) : 0;
          both[d] = _mm512_maskz_loadu_ps(mask,
                                          previous + (b + d) * hidden + k);
        }
        P::StoreDeep(deep.data() + (below + k) * kDepth, both);
      }
      if (left < kDepth) {
        for (int64_t k = 0; k < below; ++k) deep[k * kDepth + left] = 0;
      }
      Word* to = strips.get() + (s * EvenBatch() + b) * kStrip;
      for (int64_t k = 0; k < count; ++k) {
        std::memcpy(to + k * StripSize(), deep.data() + k * kWidth,
                    kWidth * sizeof(Word));
      }
    }
  }

  // Adds the products of `count` steps to sixteen units' columns, or starts
  // with them.
  void Columns(int64_t count, int64_t group, bool is_start) const {
    int64_t rows = count * EvenBatch(), unit = group * kLanes;
    const Word* columns[kGates];
    for (int g = 0; g < kGates; ++g) columns[g] = Derivatives(0, 0, g, unit);
    for (int64_t k = 0; k < Depth(); k += kStrip) {
      const Word* strip = strips.get() + k / kStrip * StripSize();
      int64_t left = std::min<int64_t>(kStrip, Depth() - k);
      WithConstant<kStrip>(left, [&](auto rows_of_strip) {
        Products<decltype(rows_of_strip)::value>(strip, columns, rows, k, unit,
                                                 is_start);
      });
    }
    if (classes_count) OfClasses(count, unit, is_start);
  }

 private:
  __mmask16 Mask(int64_t unit) const { return MaskOf(hidden - unit); }

  float* RowOf(int64_t k) const {
    return k < below ? d_inputs + (classes_count + k) * kGates * hidden
                     : d_recurrent + (k - below) * kGates * hidden;
  }

  // Some of the weights' rows, from k on.
  template <int kRows>
  __attribute__((noinline)) void Products(
      const Word* strip, const Word* const (&columns)[kGates], int64_t rows,
      int64_t k, int64_t unit, bool is_start) const {
    Vec sums[kRows][kGates];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int g = 0; g < kGates; ++g) sums[r][g] = _mm512_setzero_ps();
    }
    Accumulate<P>(sums, strip, P::kDepth, kStrip * P::kDepth, columns, rows);
    for (int r = 0; r < kRows; ++r) {
      float* row = RowOf(k + r) + unit;
      for (int g = 0; g < kGates; ++g) {
        float* to = row + g * hidden;
        Vec sum = sums[r][g];
        if (!is_start) {
          sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(Mask(unit), to));
        }
        _mm512_mask_storeu_ps(to, Mask(unit), sum);
      }
    }
  }

  // Rows of d_inputs that stand for classes.
  void OfClasses(int64_t count, int64_t unit, bool is_start) const {
    constexpr int64_t kSize = kGates * kLanes;
    std::vector<float> sums(present.size() * kSize, 0.0f);
    for (int64_t row = 0; row < count * batch; ++row) {
      if (places[row] < 0) continue;
      int64_t s = row / batch, b = row % batch;
      for (int g = 0; g < kGates; ++g) {
        float* to = sums.data() + places[row] * kSize + g * kLanes;
        const Word* from = Derivatives(s, b / P::kDepth * P::kDepth, g, unit);
        Vec one = P::LoadOne(from, b % P::kDepth);
        _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), one));
      }
    }
    int64_t most = is_start ? classes_count : 0;
    for (int64_t k = 0; k < most; ++k) {
      for (int g = 0; g < kGates; ++g) {
        _mm512_mask_storeu_ps(d_inputs + (k * kGates + g) * hidden + unit,
                              Mask(unit), _mm512_setzero_ps());
      }
    }
    for (size_t k = 0; k < present.size(); ++k) {
      for (int g = 0; g < kGates; ++g) {
        float* to = d_inputs + (present[k] * kGates + g) * hidden + unit;
        Vec sum = _mm512_loadu_ps(sums.data() + k * kSize + g * kLanes);
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(Mask(unit), to));
        _mm512_mask_storeu_ps(to, Mask(unit), sum);
      }
    }
  }
};

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_WEIGHT_GRADIENT_H_
