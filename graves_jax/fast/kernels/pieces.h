// Cuts work to the sizes that the processor's registers hold.
#ifndef GRAVES_JAX_KERNELS_PIECES_H_
#define GRAVES_JAX_KERNELS_PIECES_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "products.h"

namespace graves_jax {

// Memory that starts where a line of the cache does.
struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <typename T>
using Aligned = std::unique_ptr<T[], Free>;
template <typename T>
Aligned<T> AlignedArray(int64_t size) {
  size_t bytes = DivideUp(size * sizeof(T), 64) * 64;
  return Aligned<T>(static_cast<T*>(std::aligned_alloc(64, bytes)));
}

// Calls body(first, count) for pieces of at most `most`, of even sizes.
template <typename Body>
inline void InPieces(int64_t begin, int64_t end, int64_t most,
                     const Body& body) {
  int64_t count = end - begin, pieces = DivideUp(count, most);
  for (int64_t k = 0; k < pieces; ++k) {
    int64_t first = count * k / pieces;
    body(begin + first, count * (k + 1) / pieces - first);
  }
}

// Calls body(n) with n, of at most kMost, as a constant.
template <int kMost, typename Body>
inline void WithConstant(int64_t n, const Body& body) {
  if constexpr (kMost > 0) {
    if (n == kMost) return body(std::integral_constant<int, kMost>());
    WithConstant<kMost - 1>(n, body);
  }
}

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_PIECES_H_
