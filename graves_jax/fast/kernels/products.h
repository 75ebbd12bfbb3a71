// Products of rows with weights that were packed into panels.
#ifndef GRAVES_JAX_KERNELS_PRODUCTS_H_
#define GRAVES_JAX_KERNELS_PRODUCTS_H_

#include <immintrin.h>
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "xla/ffi/api/ffi.h"

namespace graves_jax {

namespace ffi = xla::ffi;
using Vec = __m512;

constexpr int64_t kLanes = 16;
constexpr int kGates = 4;  // input, forget, cell, output

inline int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

inline __mmask16 MaskOf(int64_t lanes) {
  return lanes >= kLanes ? 0xffff : (1u << lanes) - 1;
}

// How matrix products see numbers. `kDepth` of them, one below another, are
// multiplied and added at once in each lane.
struct Float32 {
  using Word = float;
  static constexpr ffi::DataType kType = ffi::F32;
  static constexpr int64_t kDepth = 1;

  static Vec Broadcast(const Word* a) { return _mm512_set1_ps(*a); }
  static Vec Load(const Word* w) { return _mm512_loadu_ps(w); }
  static Vec MultiplyAdd(Vec sum, Vec a, Vec w) {
    return _mm512_fmadd_ps(a, w, sum);
  }
  static void Store(Word* to, Vec x, __mmask16 mask) {
    _mm512_mask_storeu_ps(to, mask, x);
  }
  static void StoreDeep(Word* to, const Vec* rows) {
    _mm512_storeu_ps(to, rows[0]);
  }
  // One of the rows that StoreDeep stored.
  static Vec LoadOne(const Word* from, int64_t) {
    return _mm512_loadu_ps(from);
  }
  static Word Round(float x) { return x; }
};

#ifdef __AVX512BF16__
struct BFloat16 {
  using Word = uint16_t;
  static constexpr ffi::DataType kType = ffi::U16;
  static constexpr int64_t kDepth = 2;

  static Vec Broadcast(const Word* a) {
    int32_t pair;
    std::memcpy(&pair, a, sizeof(pair));
    return _mm512_castsi512_ps(_mm512_set1_epi32(pair));
  }
  static Vec Load(const Word* w) {
    return _mm512_castsi512_ps(_mm512_loadu_si512(w));
  }
  static Vec MultiplyAdd(Vec sum, Vec a, Vec w) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)w);
  }
  static void Store(Word* to, Vec x, __mmask16 mask) {
    _mm256_mask_storeu_epi16(to, mask, Words(x));
  }
  static void StoreDeep(Word* to, const Vec* rows) {
    __m512i even = _mm512_cvtepu16_epi32(Words(rows[0]));
    __m512i odd = _mm512_cvtepu16_epi32(Words(rows[1]));
    _mm512_storeu_si512(to, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
  }
  static Vec LoadOne(const Word* from, int64_t row) {
    __m512i pairs = _mm512_loadu_si512(from);
    return _mm512_castsi512_ps(
        row ? _mm512_and_si512(pairs, _mm512_set1_epi32(0xffff0000))
            : _mm512_slli_epi32(pairs, 16));
  }
  static __m256i Words(Vec x) { return (__m256i)_mm512_cvtneps_pbh(x); }
  static Word Round(float x) {
    __m128bh rounded = _mm_cvtneps_pbh(_mm_set_ss(x));
    return (Word)_mm_cvtsi128_si32((__m128i)rounded);
  }
};
#endif

// Panels: columns 16 by 16, each [depth / kDepth + 1, 16, kDepth]. The last of
// these rows, zeros, is never read: it keeps panels from lying a power of two
// apart, where they would share too few places of the cache.
template <typename P>
struct Panels {
  const typename P::Word* words;
  int64_t depth;  // a multiple of kDepth

  static int64_t SizeOf(int64_t depth) { return (depth + P::kDepth) * kLanes; }
  const typename P::Word* operator[](int64_t k) const {
    return words + k * SizeOf(depth);
  }
};

// Weights [depth, groups, width] to panels, each group filled up to whole ones
// with zeros. Either columns or rows lie side by side in memory.
template <typename P>
struct Packing {
  const float* weights;
  int64_t depth, groups, width;
  int64_t row_stride, group_stride, column_stride;

  void Run(typename P::Word* to) const {
    int64_t rows = DivideUp(depth, P::kDepth) * P::kDepth;
    for (int64_t group = 0; group < groups; ++group) {
      for (int64_t column = 0; column < width; column += kLanes) {
        const float* from =
            weights + group * group_stride + column * column_stride;
        __mmask16 mask = MaskOf(width - column);
        for (int64_t k = 0; k < rows; k += kLanes) {
          Vec block[kLanes];
          int64_t count = std::min(kLanes, rows - k);
          Load(from, k, mask, block);
          for (int64_t d = 0; d < count; d += P::kDepth) {
            P::StoreDeep(to + (k + d) * kLanes, block + d);
          }
        }
        std::memset(to + rows * kLanes, 0,
                    P::kDepth * kLanes * sizeof(typename P::Word));
        to += Panels<P>::SizeOf(rows);
      }
    }
  }

  // Rows k and on of sixteen columns.
  void Load(const float* from, int64_t k, __mmask16 mask,
            Vec (&block)[kLanes]) const {
    __mmask16 below = depth > k ? MaskOf(depth - k) : 0;
    if (column_stride == 1) {
      for (int64_t d = 0; d < kLanes; ++d) {
        __mmask16 there = below >> d & 1 ? mask : 0;
        block[d] = _mm512_maskz_loadu_ps(there, from + (k + d) * row_stride);
      }
      return;
    }
    // Read along memory, then turned: far apart in memory lies near in the
    // cache, where there are few places for it.
    alignas(64) float square[kLanes * kLanes];
    for (int64_t c = 0; c < kLanes; ++c) {
      __mmask16 there = mask >> c & 1 ? below : 0;
      Vec column = _mm512_maskz_loadu_ps(there, from + c * column_stride + k);
      _mm512_store_ps(square + c * kLanes, column);
    }
    __m512i places = _mm512_mullo_epi32(
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
        _mm512_set1_epi32(kLanes));
    for (int64_t d = 0; d < kLanes; ++d) {
      block[d] = _mm512_i32gather_ps(places, square + d, 4);
    }
  }
};

struct Nothing {
  void operator()(int64_t) const {}
};

// sums[r][v] += row r of a times panel v. The first numbers of rows lie
// `row_stride` apart, those that are multiplied next `step` further. Meanwhile
// calls besides(k) for each k that is a multiple of kDepth.
template <typename P, int kRows, int kVecs, typename Besides = Nothing>
inline __attribute__((always_inline)) void Accumulate(
    Vec (&sums)[kRows][kVecs], const typename P::Word* a, int64_t row_stride,
    int64_t step, const typename P::Word* const (&panels)[kVecs],
    int64_t depth, const Besides& besides = {}) {
  for (int64_t k = 0; k < depth; k += P::kDepth, a += step) {
    besides(k);
    Vec weights[kVecs];
#pragma GCC unroll 8
    for (int v = 0; v < kVecs; ++v) {
      weights[v] = P::Load(panels[v] + k * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      Vec value = P::Broadcast(a + r * row_stride);
#pragma GCC unroll 8
      for (int v = 0; v < kVecs; ++v) {
        sums[r][v] = P::MultiplyAdd(sums[r][v], value, weights[v]);
      }
    }
  }
}

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_PRODUCTS_H_
