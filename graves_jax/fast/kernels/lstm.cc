// The recurrence of peephole LSTM layers, Eqs. (7)-(11), for processors with
// AVX-512: all steps in one call, forwards and back.
//
// Axes: T time, B batch, H hidden, X inputs from below, D what is fed back into
// the layer (its own outputs, and for the synthesis network's first layer also
// the window).
//
// A step's product runs over weights that were packed once for all steps, and
// what follows it happens while its sums are still in registers. Rows of a
// batch do not depend on one another: threads share them out, and of the
// weights' gradient its columns.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "backward.h"
#include "dropout.h"
#include "forward.h"
#include "gates.h"
#include "pieces.h"
#include "products.h"
#include "threads.h"
#include "weight_gradient.h"
#include "xla/ffi/api/ffi.h"

namespace graves_jax {
namespace {

using Input = ffi::Buffer<ffi::F32>;
using Output = ffi::Result<ffi::Buffer<ffi::F32>>;
using Classes = ffi::Buffer<ffi::S32>;
using Mask = ffi::Buffer<ffi::PRED>;
template <typename P>
using Words = ffi::Buffer<P::kType>;

template <typename B>
int64_t SizeOf(const B& buffer) {
  return (int64_t)buffer.element_count();
}

constexpr int64_t kFewestRows = 8;  // of a batch, for a thread of their own

// Of a mask that may be empty, and the share of candidates that it keeps.
Dropout DropoutOf(const Mask& mask, float keep_rate) {
  if (!SizeOf(mask)) return {nullptr, 1};
  return {mask.typed_data(), 1 / keep_rate};
}

// Whether there is no mask, or one of this size.
bool Fits(const Mask& mask, int64_t size) {
  return SizeOf(mask) == 0 || SizeOf(mask) == size;
}

ffi::Error NoMemory() {
  return ffi::Error(ffi::ErrorCode::kResourceExhausted,
                    "there is too little memory for a step back.");
}

ffi::Error Mismatch() {
  return ffi::Error::InvalidArgument("the arrays' shapes do not fit together.");
}

// Sums over parts, one part's numbers behind another's.
void AddUp(const std::vector<float>& parts, float* to, int64_t size) {
  for (int64_t k = 0; k < size; ++k) {
    to[k] = 0;
    for (size_t at = k; at < parts.size(); at += size) to[k] += parts[at];
  }
}

template <typename P>
ffi::Error RunForward(ffi::ThreadPool pool, Words<P> recurrent,
                      Words<P> projection, Input bias, Input peephole,
                      Input start, Input start_cell, Words<P> inputs, Input net,
                      Classes classes, Mask mask, Output outputs,
                      ffi::Result<Words<P>> gates, Output first_cells,
                      Output cell, float keep_rate, int64_t net_rows,
                      int64_t chunk, int64_t devices) {
  auto shape = outputs->dimensions();
  if (shape.size() != 3 || start.dimensions().size() != 2 ||
      inputs.dimensions().size() != 3) {
    return Mismatch();
  }
  int64_t steps = shape[0], batch = shape[1], hidden = shape[2];
  int64_t fed_back = start.dimensions()[1];
  int64_t depth = DivideUp(fed_back, P::kDepth) * P::kDepth;
  int64_t panels = kGates * DivideUp(hidden, kLanes);
  int64_t below = inputs.dimensions()[2], rows = steps * batch;
  bool has_classes = SizeOf(classes) > 0, keeps_gates = SizeOf(*gates) > 0;
  bool fits = chunk > 0 && SizeOf(*outputs) == rows * hidden &&
              SizeOf(*first_cells) ==
                  DivideUp(steps, chunk) * batch * hidden &&
              (!has_classes || SizeOf(classes) == rows) &&
              Fits(mask, rows * hidden) &&
              (has_classes || net_rows == 0 || net_rows == rows) &&
              SizeOf(net) >= net_rows * kGates * hidden && net_rows >= 0 &&
              SizeOf(inputs) == rows * below && below % P::kDepth == 0 &&
              SizeOf(projection) == panels * Panels<P>::SizeOf(below) &&
              (!keeps_gates || SizeOf(*gates) == rows * panels * kLanes) &&
              SizeOf(start) == batch * fed_back &&
              SizeOf(start_cell) == batch * hidden &&
              SizeOf(bias) == kGates * hidden &&
              SizeOf(peephole) == 3 * hidden &&
              SizeOf(*cell) == batch * hidden &&
              (steps == 1 ? fed_back >= hidden : fed_back == hidden) &&
              SizeOf(recurrent) == panels * Panels<P>::SizeOf(depth);
  if (!fits) return Mismatch();
  Forward<P> forward{steps,
                     batch,
                     hidden,
                     fed_back,
                     {recurrent.typed_data(), depth},
                     {projection.typed_data(), below},
                     inputs.typed_data(),
                     net_rows ? net.typed_data() : nullptr,
                     has_classes ? classes.typed_data() : nullptr,
                     net_rows,
                     DropoutOf(mask, keep_rate),
                     bias.typed_data(),
                     peephole.typed_data(),
                     start.typed_data(),
                     start_cell.typed_data(),
                     chunk,
                     outputs->typed_data(),
                     keeps_gates ? gates->typed_data() : nullptr,
                     first_cells->typed_data(),
                     cell->typed_data()};
  Shares shares(pool, devices, batch, kFewestRows);
  ForEachPart(pool, shares.parts, [&](int64_t part) {
    forward.Rows(shares.Begin(part), shares.End(part));
  });
  return ffi::Error::Success();
}

// Back through all steps, `chunk` at a time, with the gradient of the weights.
template <typename P>
ffi::Error RunBackward(ffi::ThreadPool pool, Words<P> gates, Input outputs,
                       Words<P> inputs, Classes classes, Mask mask,
                       Input start, Input first_cells, Words<P> transposed,
                       Words<P> to_inputs, Input peephole, Input d_outputs,
                       Input d_hidden_end, Input d_cell_end,
                       Output d_input_weights, Output d_recurrent, Output sums,
                       Output d_hidden, Output d_cell, Output d_inputs,
                       float clip, float keep_rate, int64_t chunk,
                       int64_t devices) {
  auto shape = outputs.dimensions();
  if (shape.size() != 3 || inputs.dimensions().size() != 3 ||
      d_inputs->dimensions().size() != 3) {
    return Mismatch();
  }
  int64_t steps = shape[0], batch = shape[1], hidden = shape[2];
  int64_t rows = steps * batch, depth = kGates * hidden;
  int64_t stride = inputs.dimensions()[2], below = d_inputs->dimensions()[2];
  int64_t classes_count = SizeOf(*d_input_weights) / depth - below;
  int64_t groups = DivideUp(hidden, kLanes);
  auto size_for = [&](int64_t columns) {
    return DivideUp(columns, kLanes) * Panels<P>::SizeOf(depth);
  };
  bool fits = chunk > 0 && SizeOf(gates) == GatesAt(rows, 0, groups) &&
              stride >= below &&
              SizeOf(inputs) == rows * stride && classes_count >= 0 &&
              SizeOf(classes) == (classes_count ? rows : 0) &&
              Fits(mask, rows * hidden) &&
              SizeOf(start) == batch * hidden &&
              SizeOf(first_cells) ==
                  DivideUp(steps, chunk) * batch * hidden &&
              SizeOf(transposed) == size_for(hidden) &&
              SizeOf(to_inputs) == size_for(below) &&
              SizeOf(peephole) == 3 * hidden &&
              SizeOf(d_outputs) == rows * hidden &&
              SizeOf(d_hidden_end) == batch * hidden &&
              SizeOf(d_cell_end) == batch * hidden &&
              SizeOf(*d_recurrent) == hidden * depth &&
              SizeOf(*sums) == 7 * hidden &&
              SizeOf(*d_hidden) == batch * hidden &&
              SizeOf(*d_cell) == batch * hidden &&
              SizeOf(*d_inputs) == rows * below;
  if (!fits) return Mismatch();
  auto d_net = AlignedArray<typename P::Word>(batch * depth);
  int64_t most = std::min(chunk, steps);
  auto cells = AlignedArray<float>((most + 1) * batch * hidden);
  auto copy = [&](const Input& from, Output& to) {
    std::copy_n(from.typed_data(), SizeOf(from), to->typed_data());
  };
  copy(d_hidden_end, d_hidden);
  copy(d_cell_end, d_cell);
  WeightGradient<P> gradient{most,
                             batch,
                             hidden,
                             below,
                             stride,
                             classes_count,
                             inputs.typed_data(),
                             outputs.typed_data(),
                             start.typed_data(),
                             classes.typed_data(),
                             d_input_weights->typed_data(),
                             d_recurrent->typed_data()};
  gradient.Allocate();
  if (!d_net || !cells || !gradient.strips || !gradient.panels) {
    return NoMemory();
  }
  Backward<P> backward{steps,
                       batch,
                       hidden,
                       hidden,
                       below,
                       {transposed.typed_data(), depth},
                       {to_inputs.typed_data(), depth},
                       gates.typed_data(),
                       DropoutOf(mask, keep_rate),
                       d_outputs.typed_data(),
                       peephole.typed_data(),
                       clip,
                       d_net.get(),
                       d_hidden->typed_data(),
                       d_cell->typed_data(),
                       d_inputs->typed_data(),
                       cells.get(),
                       &gradient};
  Shares of_rows(pool, devices, batch, kFewestRows);
  Shares of_columns(pool, devices, groups, 1);
  std::vector<float> partial(of_rows.parts * 7 * hidden, 0.0f);
  int64_t chunks = DivideUp(steps, chunk);
  for (int64_t k = chunks - 1; k >= 0; --k) {
    int64_t first = k * chunk, count = std::min(chunk, steps - first);
    const float* first_cell = first_cells.typed_data() + k * batch * hidden;
    gradient.FindClasses(first, count);
    ForEachPart(pool, of_rows.parts, [&](int64_t part) {
      backward.Rows(first, count, of_rows.Begin(part),
                                 of_rows.End(part), first_cell,
                                 partial.data() + part * 7 * hidden);
    });
    ForEachPart(pool, of_columns.parts, [&](int64_t part) {
      for (int64_t n = of_columns.Begin(part); n < of_columns.End(part); ++n) {
        gradient.Columns(count, n, k == chunks - 1);
      }
    });
  }
  AddUp(partial, sums->typed_data(), 7 * hidden);
  return ffi::Error::Success();
}

// One step back, of which nothing but the derivatives is wanted.
template <typename P>
ffi::Error RunStepBackward(ffi::ThreadPool pool, Words<P> gates, Mask mask,
                           Input first_cell, Words<P> transposed,
                           Input peephole, Input d_output, Input d_hidden_end,
                           Input d_cell_end, ffi::Result<Words<P>> d_net,
                           Output sums, Output d_fed_back, Output d_cell,
                           float clip, float keep_rate, int64_t devices) {
  if (d_output.dimensions().size() != 2 ||
      d_fed_back->dimensions().size() != 2) {
    return Mismatch();
  }
  int64_t batch = d_output.dimensions()[0], hidden = d_output.dimensions()[1];
  int64_t fed_back = d_fed_back->dimensions()[1], depth = kGates * hidden;
  int64_t size = batch * hidden;
  int64_t groups = DivideUp(hidden, kLanes);
  bool fits = SizeOf(gates) == GatesAt(batch, 0, groups) &&
              Fits(mask, size) && SizeOf(first_cell) == size &&
              SizeOf(transposed) == DivideUp(fed_back, kLanes) *
                                        Panels<P>::SizeOf(depth) &&
              SizeOf(peephole) == 3 * hidden && SizeOf(d_hidden_end) == size &&
              SizeOf(d_cell_end) == size && SizeOf(*d_net) == batch * depth &&
              SizeOf(*sums) == 7 * hidden && SizeOf(*d_cell) == size;
  if (!fits) return Mismatch();
  auto cells = AlignedArray<float>(2 * size);
  if (!cells) return NoMemory();
  std::copy_n(d_cell_end.typed_data(), size, d_cell->typed_data());
  for (int64_t b = 0; b < batch; ++b) {
    std::copy_n(d_hidden_end.typed_data() + b * hidden, hidden,
                d_fed_back->typed_data() + b * fed_back);
  }
  Backward<P> backward{1,
                       batch,
                       hidden,
                       fed_back,
                       0,
                       {transposed.typed_data(), depth},
                       {nullptr, depth},
                       gates.typed_data(),
                       DropoutOf(mask, keep_rate),
                       d_output.typed_data(),
                       peephole.typed_data(),
                       clip,
                       d_net->typed_data(),
                       d_fed_back->typed_data(),
                       d_cell->typed_data(),
                       nullptr,
                       cells.get(),
                       nullptr};
  Shares shares(pool, devices, batch, kFewestRows);
  std::vector<float> partial(shares.parts * 7 * hidden, 0.0f);
  ForEachPart(pool, shares.parts, [&](int64_t part) {
    backward.Rows(0, 1, shares.Begin(part), shares.End(part),
                               first_cell.typed_data(),
                               partial.data() + part * 7 * hidden);
  });
  AddUp(partial, sums->typed_data(), 7 * hidden);
  return ffi::Error::Success();
}

// Weights [K, 4 H] from row `first` on, as the forward pass reads them, or the
// backward pass.
template <typename P>
ffi::Error RunPack(Input weights, ffi::Result<Words<P>> packed, int64_t first,
                   bool transposed) {
  int64_t depth = weights.dimensions()[0] - first;
  int64_t width = weights.dimensions()[1], hidden = width / kGates;
  if (first < 0 || depth < 0) return Mismatch();
  const float* from = weights.typed_data() + first * width;
  Packing<P> packing{from, depth, kGates, hidden, width, hidden, 1};
  if (transposed) packing = {from, width, 1, depth, 1, 0, width};
  int64_t rows = DivideUp(packing.depth, P::kDepth) * P::kDepth;
  int64_t panels = packing.groups * DivideUp(packing.width, kLanes);
  if (SizeOf(*packed) != panels * Panels<P>::SizeOf(rows)) return Mismatch();
  packing.Run(packed->typed_data());
  return ffi::Error::Success();
}

template <typename P>
auto BindPack() {
  return ffi::Ffi::Bind()
      .Arg<ffi::Buffer<ffi::F32>>()  // weights
      .template Ret<Words<P>>()      // packed
      .template Attr<int64_t>("first")
      .template Attr<bool>("transposed");
}

template <typename P>
auto BindForward() {
  using Floats = ffi::Buffer<ffi::F32>;
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .template Arg<Words<P>>()  // recurrent
      .template Arg<Words<P>>()  // projection
      .template Arg<Floats>()    // bias
      .template Arg<Floats>()    // peephole
      .template Arg<Floats>()    // start
      .template Arg<Floats>()    // start_cell
      .template Arg<Words<P>>()  // inputs
      .template Arg<Floats>()    // net
      .template Arg<Classes>()   // classes
      .template Arg<Mask>()      // mask
      .template Ret<Floats>()    // outputs
      .template Ret<Words<P>>()  // gates
      .template Ret<Floats>()    // first_cells
      .template Ret<Floats>()    // cell
      .template Attr<float>("keep_rate")
      .template Attr<int64_t>("net_rows")
      .template Attr<int64_t>("chunk")
      .template Attr<int64_t>("devices");
}

template <typename P>
auto BindBackward() {
  using Floats = ffi::Buffer<ffi::F32>;
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .template Arg<Words<P>>()  // gates
      .template Arg<Floats>()    // outputs
      .template Arg<Words<P>>()  // inputs
      .template Arg<Classes>()   // classes
      .template Arg<Mask>()      // mask
      .template Arg<Floats>()    // start
      .template Arg<Floats>()    // first_cells
      .template Arg<Words<P>>()  // transposed
      .template Arg<Words<P>>()  // to_inputs
      .template Arg<Floats>()    // peephole
      .template Arg<Floats>()    // d_outputs
      .template Arg<Floats>()    // d_hidden_end
      .template Arg<Floats>()    // d_cell_end
      .template Ret<Floats>()    // d_input_weights
      .template Ret<Floats>()    // d_recurrent
      .template Ret<Floats>()    // sums
      .template Ret<Floats>()    // d_hidden
      .template Ret<Floats>()    // d_cell
      .template Ret<Floats>()    // d_inputs
      .template Attr<float>("clip")
      .template Attr<float>("keep_rate")
      .template Attr<int64_t>("chunk")
      .template Attr<int64_t>("devices");
}

template <typename P>
auto BindStepBackward() {
  using Floats = ffi::Buffer<ffi::F32>;
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .template Arg<Words<P>>()  // gates
      .template Arg<Mask>()      // mask
      .template Arg<Floats>()    // first_cell
      .template Arg<Words<P>>()  // transposed
      .template Arg<Floats>()    // peephole
      .template Arg<Floats>()    // d_output
      .template Arg<Floats>()    // d_hidden_end
      .template Arg<Floats>()    // d_cell_end
      .template Ret<Words<P>>()  // d_net
      .template Ret<Floats>()    // sums
      .template Ret<Floats>()    // d_fed_back
      .template Ret<Floats>()    // d_cell
      .template Attr<float>("clip")
      .template Attr<float>("keep_rate")
      .template Attr<int64_t>("devices");
}

}  // namespace
}  // namespace graves_jax

using namespace graves_jax;

#define GRAVES_JAX_DEFINE(P, precision)                                      \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(pack_##precision, RunPack<P>, BindPack<P>()); \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(forward_##precision, RunForward<P>,          \
                                BindForward<P>());                           \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(backward_##precision, RunBackward<P>,        \
                                BindBackward<P>());                          \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(step_backward_##precision,                   \
                                RunStepBackward<P>, BindStepBackward<P>())

GRAVES_JAX_DEFINE(Float32, float32);
#ifdef __AVX512BF16__
GRAVES_JAX_DEFINE(BFloat16, bfloat16);
#endif
