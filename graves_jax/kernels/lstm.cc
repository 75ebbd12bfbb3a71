// The recurrence of peephole LSTM layers, Eqs. (7)-(11), for processors with
// AVX-512: all steps in one call forwards, those of a chunk backwards.
//
// Axes: T time, B batch, H hidden, X inputs from below, D what is fed back into
// the layer (its own outputs, and for the synthesis network's first layer also
// the window).
//
// A step's product runs over weights that were packed once for all steps, and
// what follows it happens while its sums are still in registers. Rows of a
// batch do not depend on one another: threads share them out.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "backward.h"
#include "forward.h"
#include "products.h"
#include "threads.h"
#include "xla/ffi/api/ffi.h"

namespace graves_jax {
namespace {

using Input = ffi::Buffer<ffi::F32>;
using Output = ffi::Result<ffi::Buffer<ffi::F32>>;
template <typename P>
using Words = ffi::Buffer<P::kType>;

template <typename B>
int64_t SizeOf(const B& buffer) {
  return (int64_t)buffer.element_count();
}

ffi::Error Mismatch() {
  return ffi::Error::InvalidArgument("the arrays' shapes do not fit together.");
}

template <typename P>
ffi::Error RunForward(ffi::ThreadPool pool, Words<P> recurrent,
                      Words<P> projection, Input bias, Input peephole,
                      Input start, Input start_cell, Words<P> inputs, Input net,
                      Output outputs, Output i, Output f, Output c, Output o,
                      Output first_cells, Output cell, int64_t chunk,
                      int64_t devices) {
  auto shape = outputs->dimensions();
  if (shape.size() != 3 || start.dimensions().size() != 2 ||
      inputs.dimensions().size() != 3) {
    return Mismatch();
  }
  int64_t steps = shape[0], batch = shape[1], hidden = shape[2];
  int64_t fed_back = start.dimensions()[1];
  int64_t depth = DivideUp(fed_back, P::kDepth) * P::kDepth;
  int64_t panels = kGates * DivideUp(hidden, kLanes);
  int64_t below = inputs.dimensions()[2], every = SizeOf(*outputs);
  bool has_net = SizeOf(net) > 0, keeps_gates = SizeOf(*i) > 0;
  int64_t gates = keeps_gates ? every : 0;
  bool fits = chunk > 0 && steps % chunk == 0 &&
              SizeOf(*first_cells) == steps / chunk * batch * hidden &&
              (!has_net || SizeOf(net) == every * kGates) &&
              SizeOf(inputs) == steps * batch * below &&
              below % P::kDepth == 0 &&
              SizeOf(projection) == panels * Panels<P>::SizeOf(below) &&
              SizeOf(*i) == gates && SizeOf(*f) == gates &&
              SizeOf(*c) == gates && SizeOf(*o) == gates &&
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
                     has_net ? net.typed_data() : nullptr,
                     bias.typed_data(),
                     peephole.typed_data(),
                     start.typed_data(),
                     start_cell.typed_data(),
                     chunk,
                     keeps_gates,
                     outputs->typed_data(),
                     i->typed_data(),
                     f->typed_data(),
                     c->typed_data(),
                     o->typed_data(),
                     first_cells->typed_data(),
                     cell->typed_data()};
  Shares shares(pool, devices, batch);
  ForEachPart(pool, shares.parts, [&](int64_t part) {
    forward.Rows(shares.Begin(part), shares.Begin(part + 1));
  });
  return ffi::Error::Success();
}

template <typename P>
ffi::Error RunBackward(ffi::ThreadPool pool, ffi::Buffer<ffi::S32> index,
                       Input d_outputs, Input i, Input f, Input c, Input o,
                       Words<P> transposed, Words<P> to_inputs, Input peephole,
                       Input first_cell, Input d_hidden_end, Input d_cell_end,
                       ffi::Result<Words<P>> d_net, Output d_state,
                       Output d_cell, Output d_inputs, Output sums, float clip,
                       int64_t devices) {
  auto shape = d_outputs.dimensions();
  if (shape.size() != 4 || d_state->dimensions().size() != 2 ||
      d_inputs->dimensions().size() != 3) {
    return Mismatch();
  }
  int64_t chunks = shape[0], steps = shape[1], batch = shape[2];
  int64_t hidden = shape[3], every = steps * batch * hidden;
  int64_t fed_back = d_state->dimensions()[1];
  int64_t below = d_inputs->dimensions()[2], depth = kGates * hidden;
  auto size_for = [&](int64_t columns) {
    return DivideUp(columns, kLanes) * Panels<P>::SizeOf(depth);
  };
  int64_t all = chunks * every;
  bool fits = SizeOf(i) == all && SizeOf(f) == all && SizeOf(c) == all &&
              SizeOf(o) == all && SizeOf(peephole) == 3 * hidden &&
              SizeOf(d_hidden_end) == batch * hidden &&
              SizeOf(d_cell_end) == batch * hidden &&
              SizeOf(*d_state) == batch * fed_back &&
              SizeOf(to_inputs) == size_for(below) &&
              SizeOf(*d_inputs) == steps * batch * below &&
              SizeOf(*sums) == 7 * hidden &&
              SizeOf(*d_cell) == batch * hidden &&
              SizeOf(*d_net) == every * kGates &&
              SizeOf(first_cell) == chunks * batch * hidden &&
              (steps == 1 ? fed_back >= hidden : fed_back == hidden) &&
              SizeOf(transposed) == size_for(fed_back);
  int64_t k = *index.typed_data();
  if (!fits || k < 0 || k >= chunks) return Mismatch();
  auto here = [&](const Input& x) { return x.typed_data() + k * every; };
  Backward<P> backward{steps,
                       batch,
                       hidden,
                       fed_back,
                       below,
                       {transposed.typed_data(), depth},
                       {to_inputs.typed_data(), depth},
                       here(d_outputs),
                       here(i),
                       here(f),
                       here(c),
                       here(o),
                       peephole.typed_data(),
                       first_cell.typed_data() + k * batch * hidden,
                       clip,
                       d_net->typed_data(),
                       d_hidden_end.typed_data(),
                       d_cell_end.typed_data(),
                       d_state->typed_data(),
                       d_cell->typed_data(),
                       d_inputs->typed_data()};
  Shares shares(pool, devices, batch);
  std::vector<float> partial(shares.parts * 7 * hidden, 0.0f);
  ForEachPart(pool, shares.parts, [&](int64_t part) {
    backward.Rows(shares.Begin(part), shares.Begin(part + 1),
                  partial.data() + part * 7 * hidden);
  });
  for (int64_t k = 0; k < 7 * hidden; ++k) {
    float total = 0;
    for (int64_t part = 0; part < shares.parts; ++part) {
      total += partial[part * 7 * hidden + k];
    }
    sums->typed_data()[k] = total;
  }
  return ffi::Error::Success();
}

// Weights [K, 4 H] as the forward pass reads them, or the backward pass.
template <typename P>
ffi::Error RunPack(Input weights, ffi::Result<Words<P>> packed,
                   bool transposed) {
  int64_t depth = weights.dimensions()[0], width = weights.dimensions()[1];
  int64_t hidden = width / kGates;
  const float* from = weights.typed_data();
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
      .Arg<ffi::Buffer<ffi::F32>>()    // weights
      .template Ret<Words<P>>()        // packed
      .template Attr<bool>("transposed");
}

template <typename P>
auto BindForward() {
  using Floats = ffi::Buffer<ffi::F32>;
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .template Arg<Words<P>>()   // recurrent
      .template Arg<Words<P>>()   // projection
      .template Arg<Floats>()     // bias
      .template Arg<Floats>()     // peephole
      .template Arg<Floats>()     // start
      .template Arg<Floats>()     // start_cell
      .template Arg<Words<P>>()   // inputs
      .template Arg<Floats>()     // net
      .template Ret<Floats>()     // outputs
      .template Ret<Floats>()     // i
      .template Ret<Floats>()     // f
      .template Ret<Floats>()     // c
      .template Ret<Floats>()     // o
      .template Ret<Floats>()     // first_cells
      .template Ret<Floats>()     // cell
      .template Attr<int64_t>("chunk")
      .template Attr<int64_t>("devices");
}

template <typename P>
auto BindBackward() {
  using Floats = ffi::Buffer<ffi::F32>;
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .template Arg<ffi::Buffer<ffi::S32>>()  // index
      .template Arg<Floats>()     // d_outputs
      .template Arg<Floats>()     // i
      .template Arg<Floats>()     // f
      .template Arg<Floats>()     // c
      .template Arg<Floats>()     // o
      .template Arg<Words<P>>()   // transposed
      .template Arg<Words<P>>()   // to_inputs
      .template Arg<Floats>()     // peephole
      .template Arg<Floats>()     // first_cell
      .template Arg<Floats>()     // d_hidden_end
      .template Arg<Floats>()     // d_cell_end
      .template Ret<Words<P>>()   // d_net
      .template Ret<Floats>()     // d_state
      .template Ret<Floats>()     // d_cell
      .template Ret<Floats>()     // d_inputs
      .template Ret<Floats>()     // sums
      .template Attr<float>("clip")
      .template Attr<int64_t>("devices");
}

}  // namespace
}  // namespace graves_jax


using namespace graves_jax;

XLA_FFI_DEFINE_HANDLER_SYMBOL(pack_float32, RunPack<Float32>,
                              BindPack<Float32>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(forward_float32, RunForward<Float32>,
                              BindForward<Float32>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(backward_float32, RunBackward<Float32>,
                              BindBackward<Float32>());
#ifdef __AVX512BF16__
XLA_FFI_DEFINE_HANDLER_SYMBOL(pack_bfloat16, RunPack<BFloat16>,
                              BindPack<BFloat16>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(forward_bfloat16, RunForward<BFloat16>,
                              BindForward<BFloat16>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(backward_bfloat16, RunBackward<BFloat16>,
                              BindBackward<BFloat16>());
#endif
