// How threads share out the rows of a batch.
#ifndef GRAVES_JAX_KERNELS_THREADS_H_
#define GRAVES_JAX_KERNELS_THREADS_H_

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "xla/ffi/api/ffi.h"

namespace graves_jax {

namespace ffi = xla::ffi;

// Runs body(part) for every part, on the pool's threads and this one. Waits
// only for parts that a running thread has taken, so that calls from the
// pool's own threads cannot wait for each other.
template <typename Body>
void ForEachPart(ffi::ThreadPool& pool, int64_t parts, const Body& body) {
  struct Shared {
    std::atomic<int64_t> next{0};
    std::mutex mutex;
    std::condition_variable done;
    int64_t finished = 0;
  };
  if (parts == 1) return body(0);
  auto shared = std::make_shared<Shared>();
  auto work = [shared, parts, &body] {
    for (int64_t part; (part = shared->next++) < parts;) {
      body(part);
      std::lock_guard<std::mutex> lock(shared->mutex);
      if (++shared->finished == parts) shared->done.notify_all();
    }
  };
  for (int64_t k = 1; k < parts; ++k) {
    pool.Schedule(std::function<void()>(work));
  }
  work();
  std::unique_lock<std::mutex> lock(shared->mutex);
  shared->done.wait(lock, [&] { return shared->finished == parts; });
}

// Rows of a batch (or whatever else there is) for each thread: few enough
// threads that each has work, and that the devices of a process do not get into
// each other's way.
struct Shares {
  int64_t rows, parts;

  Shares(const ffi::ThreadPool& pool, int64_t devices, int64_t rows,
         int64_t fewest)
      : rows(rows) {
    parts = std::min(pool.num_threads() / devices, rows / fewest);
    parts = std::max<int64_t>(parts, 1);
  }
  // Even ones but for the last: what lies in pairs is not shared.
  int64_t Begin(int64_t part) const {
    return part == parts ? rows : rows * part / parts / 2 * 2;
  }
  int64_t End(int64_t part) const { return Begin(part + 1); }
};

}  // namespace graves_jax

#endif  // GRAVES_JAX_KERNELS_THREADS_H_
