"""The paper in float64 NumPy, written from its equations alone.

It shares no code with graves_jax. Sequences are treated one at a time and time
steps, layers, windows, characters and mixture components in plain loops, so
nothing here is padded, masked, batched or fast. Every backward pass is written
by hand, and clips derivatives where the paper does: at every layer's net input
and at the network's raw outputs. tests/test_reference.py checks them against
finite differences.

Axis letters: T time, U characters, D inputs, H hidden, K windows (of text:
classes), M mixture components, A alphabet. Gates are in the order i, f, c, o.
Raw outputs are in the order e 1, pi M, mu 2M, sigma 2M, rho M: all first
coordinates before all second ones. Raw windows are in the order alpha K, beta
K, kappa K.

An LSTM layer is a dict: inputs [D, 4H], recurrent [H, 4H], peephole [3, H]
(rows w_ci, w_cf, w_co), bias [4H]; a tanh layer is one too: inputs [D, H],
recurrent [H, H], bias [H]. A network is a dict: layers (a list of layers),
output_weights [N*H, 6M+1] (of text: [N*H, K]), output_bias [6M+1] and, for
synthesis, window_weights [H, 3K] and window_bias [3K]. Gradients have the same
form.
"""

import numpy as np

RHO_LIMIT = 6.0  # a choice of the project: raw correlations stay in [-6, 6]


def sigmoid(a):
  return 1 / (1 + np.exp(-a))


def clipped(derivative, limit):
  return np.minimum(np.maximum(derivative, -limit), limit)


# LSTM, Eqs. (7)-(11)


def lstm_step(layer, cell, output, x, mask=1.0):
  """One time step of one sequence: cell [H], output [H], x [D].

  mask: recurrent dropout multiplies the tanh of Eq. (9) by it, [H].

  Returns the new cell and output, and the values the backward pass needs.
  """
  net = x @ layer["inputs"] + output @ layer["recurrent"] + layer["bias"]
  net_i, net_f, net_c, net_o = np.split(net, 4)
  w_ci, w_cf, w_co = layer["peephole"]
  i = sigmoid(net_i + w_ci * cell)  # Eq. (7)
  f = sigmoid(net_f + w_cf * cell)  # Eq. (8)
  g = np.tanh(net_c)
  new_cell = f * cell + i * mask * g  # Eq. (9)
  o = sigmoid(net_o + w_co * new_cell)  # Eq. (10)
  new_output = o * np.tanh(new_cell)  # Eq. (11)
  return new_cell, new_output, (cell, output, x, i, f, g, o, new_cell, mask)


def lstm_step_backward(layer, saved, d_cell, d_output, clip, gradients):
  """Backward pass of `lstm_step`.

  Adds to `gradients`, in place. Each derivative with respect to a net input
  (what a sigmoid or tanh is applied to) is clipped as soon as it is known, and
  only the clipped one is passed on, peepholes included.

  Returns the derivatives with respect to the old cell, the old output and x.
  """
  cell, output, x, i, f, g, o, new_cell, mask = saved
  w_ci, w_cf, w_co = layer["peephole"]
  squashed = np.tanh(new_cell)
  net_o = clipped(d_output * squashed * o * (1 - o), clip)
  d_new_cell = d_cell + d_output * o * (1 - squashed**2) + w_co * net_o
  net_i = clipped(d_new_cell * mask * g * i * (1 - i), clip)
  net_f = clipped(d_new_cell * cell * f * (1 - f), clip)
  net_c = clipped(d_new_cell * i * mask * (1 - g**2), clip)
  net = np.concatenate([net_i, net_f, net_c, net_o])
  gradients["inputs"] += np.outer(x, net)
  gradients["recurrent"] += np.outer(output, net)
  gradients["peephole"][0] += net_i * cell
  gradients["peephole"][1] += net_f * cell
  gradients["peephole"][2] += net_o * new_cell
  gradients["bias"] += net
  d_old_cell = d_new_cell * f + w_ci * net_i + w_cf * net_f
  return d_old_cell, layer["recurrent"] @ net, layer["inputs"] @ net


def lstm_unroll(layer, cell, output, inputs, masks=None):
  """All time steps of one sequence: inputs [T, D], masks [T, H] or none.

  Returns the last cell [H], the last output [H], outputs [T, H], saved values.
  """
  outputs, tape = [], []
  if masks is None:
    masks = np.ones((len(inputs), len(cell)))
  for x, mask in zip(inputs, masks, strict=True):
    cell, output, saved = lstm_step(layer, cell, output, x, mask)
    outputs.append(output)
    tape.append(saved)
  return cell, output, np.array(outputs), tape


def lstm_unroll_backward(layer, tape, d_cell, d_output, d_outputs, clip):
  """Full back-propagation through time of `lstm_unroll`.

  d_cell and d_output [H] reach the last state from outside, d_outputs [T, H]
  the outputs. Returns the layer's gradients and the derivatives with respect
  to the initial cell, the initial output and the inputs [T, D].
  """
  gradients = zeros_like(layer)
  d_inputs = []
  for saved, d_from_above in zip(tape[::-1], d_outputs[::-1], strict=True):
    d_cell, d_output, d_x = lstm_step_backward(
      layer, saved, d_cell, d_output + d_from_above, clip, gradients
    )
    d_inputs.insert(0, d_x)
  return gradients, d_cell, d_output, np.array(d_inputs)


# The standard recurrent layer: H of Eq. (1) is tanh


def rnn_step(layer, output, x):
  """One time step of one sequence: output [H], x [D].

  Returns the new output, and the values the backward pass needs.
  """
  net = x @ layer["inputs"] + output @ layer["recurrent"] + layer["bias"]
  new_output = np.tanh(net)
  return new_output, (output, x, new_output)


def rnn_step_backward(layer, saved, d_output, clip, gradients):
  """Backward pass of `rnn_step`, as `lstm_step_backward`.

  Returns the derivatives with respect to the old output and x.
  """
  output, x, new_output = saved
  net = clipped(d_output * (1 - new_output**2), clip)
  gradients["inputs"] += np.outer(x, net)
  gradients["recurrent"] += np.outer(output, net)
  gradients["bias"] += net
  return layer["recurrent"] @ net, layer["inputs"] @ net


# The soft window over characters, Eqs. (46)-(51)


def window_weight(alpha, beta, kappa, u):
  """phi(t, u) of Eq. (46), for one character position u."""
  total = 0.0
  for k in range(len(alpha)):
    total += alpha[k] * np.exp(-beta[k] * (kappa[k] - u) ** 2)
  return total


def window_step(raw, old_kappa, characters, alphabet_size):
  """raw [3K], old_kappa [K], characters int [U]: returns w [A], kappa [K],
  phi [U] and the values the backward pass needs."""
  raw_alpha, raw_beta, raw_kappa = np.split(raw, 3)
  alpha = np.exp(raw_alpha)  # Eq. (49)
  beta = np.exp(raw_beta)  # Eq. (50)
  kappa = old_kappa + np.exp(raw_kappa)  # Eq. (51)
  w = np.zeros(alphabet_size)
  phi = np.zeros(len(characters))
  for u, character in enumerate(characters, start=1):
    phi[u - 1] = window_weight(alpha, beta, kappa, u)
    w[character] += phi[u - 1]  # Eq. (47): c_u is one-hot
  return w, kappa, phi, (alpha, beta, kappa, old_kappa, characters)


def window_step_backward(saved, d_w, d_kappa):
  """d_w [A] reaches w_t, d_kappa [K] reaches kappa_t from step t+1.

  Returns the derivatives with respect to raw [3K] and old_kappa [K].
  """
  alpha, beta, kappa, old_kappa, characters = saved
  d_alpha, d_beta, d_kappa = 0 * alpha, 0 * beta, d_kappa.copy()
  for u, character in enumerate(characters, start=1):
    d_phi = d_w[character]
    for k in range(len(alpha)):
      bump = np.exp(-beta[k] * (kappa[k] - u) ** 2)
      d_alpha[k] += d_phi * bump
      d_beta[k] -= d_phi * alpha[k] * bump * (kappa[k] - u) ** 2
      d_kappa[k] -= d_phi * alpha[k] * bump * 2 * beta[k] * (kappa[k] - u)
  d_raw_kappa = d_kappa * (kappa - old_kappa)
  d_raw = np.concatenate([d_alpha * alpha, d_beta * beta, d_raw_kappa])
  return d_raw, d_kappa


def is_finished(alpha, beta, kappa, length):
  """Stop rule of unbiased sampling: phi(t, U+1) > phi(t, u), 1 <= u <= U."""
  beyond = window_weight(alpha, beta, kappa, length + 1)
  for u in range(1, length + 1):
    if beyond <= window_weight(alpha, beta, kappa, u):
      return False
  return True


def line_end(is_past, x, has_lifted, prime=0):
  """Elements of a line that ends with the stroke under way; None: it goes on.

  is_past[t] says whether the stop rule holds when t elements are written; x
  and has_lifted are of each element: where the pen is, and whether it then
  leaves the paper. Nothing ends within the prime's elements.
  """
  fired = [t for t in range(prime + 1, len(x) + 1) if is_past[t]]
  if not fired:
    return None

  def returns(start):
    return x[start] < max(x[:start])

  starts = [t for t in range(prime + 1, fired[0]) if has_lifted[t - 1]]
  is_under_way = starts and not has_lifted[fired[0] - 1]
  if is_under_way and fired[0] - starts[-1] <= 2 and not returns(starts[-1]):
    return starts[-1]
  ends = [t for t in range(fired[0], len(x)) if has_lifted[t - 1]]
  for number, t in enumerate(ends):
    if number == 1 or not returns(t):
      return t
  return None


# Bivariate mixture density, Eqs. (18)-(37)


def split_raw(raw):
  """raw [6M+1] to e, pi [M], mu1, mu2, sigma1, sigma2, rho, each [M]."""
  m = (len(raw) - 1) // 6
  return (raw[0], *[raw[1 + n * m : 1 + (n + 1) * m] for n in range(6)])


def mixture_parameters(raw, sigma_floor, bias=0.0):
  """Eqs. (18)-(22); with a bias, Eqs. (61) and (62) in place of (21), (19).

  Deviates from the paper in two ways: no sigma below `sigma_floor` before the
  bias, no raw rho beyond +-RHO_LIMIT.

  Returns e, pi [M], mu [M, 2], sigma [M, 2], rho [M].
  """
  e, pi, mu1, mu2, sigma1, sigma2, rho = split_raw(raw)
  e = sigmoid(-e)  # Eq. (18): 1 / (1 + exp(raw e))
  pi = pi * (1 + bias)
  pi = np.exp(pi - np.max(pi))
  pi = pi / np.sum(pi)  # Eqs. (19), (62)
  mu = np.stack([mu1, mu2], axis=1)  # Eq. (20)
  sigma = np.exp(np.stack([sigma1, sigma2], axis=1))  # Eq. (21)
  sigma = np.maximum(sigma, sigma_floor) * np.exp(-bias)  # Eq. (61)
  rho = np.tanh(np.clip(rho, -RHO_LIMIT, RHO_LIMIT))  # Eq. (22)
  return e, pi, mu, sigma, rho


def log_normal(x1, x2, mu, sigma, rho):
  """Logarithm of Eq. (24) for one component: mu [2], sigma [2]."""
  z = (
    (x1 - mu[0]) ** 2 / sigma[0] ** 2
    + (x2 - mu[1]) ** 2 / sigma[1] ** 2
    - 2 * rho * (x1 - mu[0]) * (x2 - mu[1]) / (sigma[0] * sigma[1])
  )  # Eq. (25)
  scale = 2 * np.pi * sigma[0] * sigma[1] * np.sqrt(1 - rho**2)
  return -z / (2 * (1 - rho**2)) - np.log(scale)


def mixture_log_prob(raw, point, sigma_floor):
  """Logarithm of Eq. (23) in nats, and the responsibilities gamma [M]."""
  e, pi, mu, sigma, rho = mixture_parameters(raw, sigma_floor)
  joint = []
  for j in range(len(pi)):
    density = log_normal(point[0], point[1], mu[j], sigma[j], rho[j])
    joint.append(np.log(pi[j]) + density)
  largest = max(joint)
  log_density = largest + np.log(sum(np.exp(a - largest) for a in joint))
  gamma = np.exp(np.array(joint) - log_density)  # Eqs. (28), (29)
  pen = np.log(e) if point[2] == 1 else np.log(1 - e)
  return log_density + pen, gamma


def mixture_derivatives(raw, point, sigma_floor):
  """Derivatives of -log Eq. (23) with respect to raw [6M+1], Eqs. (27)-(37).

  Where the floor or the limit holds a parameter, its derivative is zero.
  """
  e, pi, mu, sigma, rho = mixture_parameters(raw, sigma_floor)
  _, _, _, _, raw_sigma1, raw_sigma2, raw_rho = split_raw(raw)
  _, gamma = mixture_log_prob(raw, point, sigma_floor)
  m = len(pi)
  d_mu, d_sigma, d_rho = np.zeros([2, m]), np.zeros([2, m]), np.zeros(m)
  for j in range(m):
    c = 1 / (1 - rho[j] ** 2)
    first = (point[0] - mu[j, 0]) / sigma[j, 0]
    second = (point[1] - mu[j, 1]) / sigma[j, 1]
    z = first**2 + second**2 - 2 * rho[j] * first * second
    lean1 = c * (first - rho[j] * second)
    lean2 = c * (second - rho[j] * first)
    d_mu[0, j] = -gamma[j] * lean1 / sigma[j, 0]
    d_mu[1, j] = -gamma[j] * lean2 / sigma[j, 1]
    if np.exp(raw_sigma1[j]) > sigma_floor:
      d_sigma[0, j] = -gamma[j] * (lean1 * first - 1)
    if np.exp(raw_sigma2[j]) > sigma_floor:
      d_sigma[1, j] = -gamma[j] * (lean2 * second - 1)
    if abs(raw_rho[j]) < RHO_LIMIT:
      d_rho[j] = -gamma[j] * (first * second + rho[j] * (1 - c * z))
  d_e = point[2] - e
  d_pi = pi - gamma
  return np.concatenate([[d_e], d_pi, *d_mu, *d_sigma, d_rho])


# Softmax over classes, Eqs. (12)-(14)


def softmax(raw):
  """y [K] of Eq. (12)."""
  y = np.exp(raw - np.max(raw))
  return y / np.sum(y)


def softmax_derivatives(raw, target):
  """Derivatives of -log y^target with respect to raw [K], Eq. (14)."""
  derivatives = softmax(raw)
  derivatives[target] -= 1
  return derivatives


def null_or_one_hot(symbol, size):
  """x [K]: zeros, but for a one at a symbol of 0 or more."""
  x = np.zeros(size)
  if symbol >= 0:
    x[symbol] = 1
  return x


# Networks


def prediction_loss(network, points, *, layer_clip, output_clip, sigma_floor):
  """Prediction network and its loss for one sequence, Eqs. (1)-(6), (26).

  Args:
    network: see the top of the file.
    points: [T, 3]; the first input is the null vector.
    layer_clip: bound on derivatives with respect to LSTM net inputs.
    output_clip: bound on derivatives with respect to raw outputs.
    sigma_floor: smallest standard deviation of a component.

  Returns:
    the loss in nats, its gradients by hand, and the raw outputs [T, 6M+1].
  """
  layers = network["layers"]
  hidden = layers[0]["recurrent"].shape[0]
  cells = [np.zeros(hidden) for _ in layers]
  outputs = [np.zeros(hidden) for _ in layers]
  nats, raws, tape = 0.0, [], []
  x = np.zeros(3)
  for point in points:
    saved = []
    for n, layer in enumerate(layers):
      below = [x] if n == 0 else [x, outputs[n - 1]]  # Eqs. (1), (2)
      cells[n], outputs[n], values = lstm_step(
        layer, cells[n], outputs[n], np.concatenate(below)
      )
      saved.append(values)
    every = np.concatenate(outputs)
    raw = every @ network["output_weights"] + network["output_bias"]  # Eq. (3)
    nats -= mixture_log_prob(raw, point, sigma_floor)[0]  # Eqs. (4)-(6)
    raws.append(raw)
    tape.append((saved, every))
    x = point

  gradients = zeros_like(network)
  d_cells = [np.zeros(hidden) for _ in layers]
  d_outputs = [np.zeros(hidden) for _ in layers]  # from the step after
  for t in reversed(range(len(points))):
    saved, every = tape[t]
    d_raw = mixture_derivatives(raws[t], points[t], sigma_floor)
    d_raw = clipped(d_raw, output_clip)
    gradients["output_weights"] += np.outer(every, d_raw)
    gradients["output_bias"] += d_raw
    d_every = np.split(network["output_weights"] @ d_raw, len(layers))
    d_from_above = np.zeros(hidden)
    for n in reversed(range(len(layers))):
      d_cells[n], d_outputs[n], d_input = lstm_step_backward(
        layers[n],
        saved[n],
        d_cells[n],
        d_outputs[n] + d_every[n] + d_from_above,
        layer_clip,
        gradients["layers"][n],
      )
      d_from_above = d_input[3:]  # the first 3 are the data
  return nats, gradients, np.array(raws)


def synthesis_loss(
  network,
  points,
  characters,
  *,
  layer_clip,
  output_clip,
  sigma_floor,
  masks=None,
):
  """Synthesis network and its loss for one sequence, Eqs. (46)-(53).

  As `prediction_loss`, with characters int [U], and a fourth result: the
  window weights phi [T, U]. The window starts at w_0 = 0 and kappa_0 = 0.
  masks: of every layer's recurrent dropout, [T, H] each, or none.
  """
  layers = network["layers"]
  hidden = layers[0]["recurrent"].shape[0]
  alphabet = layers[0]["inputs"].shape[0] - 3
  cells = [np.zeros(hidden) for _ in layers]
  outputs = [np.zeros(hidden) for _ in layers]
  kappa = np.zeros(network["window_bias"].shape[0] // 3)
  w = np.zeros(alphabet)
  nats, raws, phis, tape = 0.0, [], [], []
  x = np.zeros(3)
  for t, point in enumerate(points):
    saved = []
    for n, layer in enumerate(layers):
      # Eq. (52): the first layer sees the window of the step before.
      below = [x, w] if n == 0 else [x, w, outputs[n - 1]]
      cells[n], outputs[n], values = lstm_step(
        layer,
        cells[n],
        outputs[n],
        np.concatenate(below),
        1.0 if masks is None else masks[n][t],
      )
      saved.append(values)
      if n == 0:
        raw_window = outputs[0] @ network["window_weights"]  # Eq. (48)
        raw_window = raw_window + network["window_bias"]
        w, kappa, phi, saved_window = window_step(
          raw_window, kappa, characters, alphabet
        )
    every = np.concatenate(outputs)
    raw = every @ network["output_weights"] + network["output_bias"]
    nats -= mixture_log_prob(raw, point, sigma_floor)[0]
    raws.append(raw)
    phis.append(phi)
    tape.append((saved, saved_window, every))
    x = point

  gradients = zeros_like(network)
  d_cells = [np.zeros(hidden) for _ in layers]
  d_outputs = [np.zeros(hidden) for _ in layers]  # from the step after
  d_kappa = np.zeros_like(kappa)  # from the step after
  d_w_from_after = np.zeros(alphabet)
  for t in reversed(range(len(points))):
    saved, saved_window, every = tape[t]
    d_raw = mixture_derivatives(raws[t], points[t], sigma_floor)
    d_raw = clipped(d_raw, output_clip)
    gradients["output_weights"] += np.outer(every, d_raw)
    gradients["output_bias"] += d_raw
    d_every = np.split(network["output_weights"] @ d_raw, len(layers))
    d_from_above = np.zeros(hidden)
    d_w = d_w_from_after
    for n in reversed(range(1, len(layers))):
      d_cells[n], d_outputs[n], d_input = lstm_step_backward(
        layers[n],
        saved[n],
        d_cells[n],
        d_outputs[n] + d_every[n] + d_from_above,
        layer_clip,
        gradients["layers"][n],
      )
      d_w = d_w + d_input[3 : 3 + alphabet]
      d_from_above = d_input[3 + alphabet :]
    d_raw_window, d_kappa = window_step_backward(saved_window, d_w, d_kappa)
    first_output = every[:hidden]
    gradients["window_weights"] += np.outer(first_output, d_raw_window)
    gradients["window_bias"] += d_raw_window
    d_from_window = network["window_weights"] @ d_raw_window
    d_cells[0], d_outputs[0], d_input = lstm_step_backward(
      layers[0],
      saved[0],
      d_cells[0],
      d_outputs[0] + d_every[0] + d_from_above + d_from_window,
      layer_clip,
      gradients["layers"][0],
    )
    d_w_from_after = d_input[3:]
  return nats, gradients, np.array(raws), np.array(phis)


def text_loss(network, inputs, targets, *, layer_clip, output_clip):
  """Text network of LSTM or tanh layers and its loss, Eqs. (1)-(6), (13).

  Args:
    network: see the top of the file.
    inputs: symbols [T]; -1 is the null vector.
    targets: the symbols to predict [T]; -1 is not scored.
    layer_clip: bound on derivatives with respect to the layers' net inputs.
    output_clip: bound on derivatives with respect to raw outputs.

  Returns:
    the loss in nats, its gradients by hand, the raw outputs [T, K], and how
    many of the scored symbols were not the most probable ones.
  """
  layers = network["layers"]
  hidden = layers[0]["recurrent"].shape[0]
  classes = len(network["output_bias"])
  cells = [np.zeros(hidden) for _ in layers]  # a tanh layer has none
  outputs = [np.zeros(hidden) for _ in layers]
  nats, errors, raws, tape = 0.0, 0, [], []
  for symbol, target in zip(inputs, targets, strict=True):
    x, saved = null_or_one_hot(symbol, classes), []
    for n, layer in enumerate(layers):
      below = np.concatenate([x] if n == 0 else [x, outputs[n - 1]])
      if "peephole" in layer:
        cells[n], outputs[n], values = lstm_step(
          layer, cells[n], outputs[n], below
        )
      else:
        outputs[n], values = rnn_step(layer, outputs[n], below)
      saved.append(values)
    every = np.concatenate(outputs)
    raw = every @ network["output_weights"] + network["output_bias"]  # Eq. (3)
    if target >= 0:
      nats -= np.log(softmax(raw)[target])  # Eq. (13)
      errors += np.argmax(raw) != target
    raws.append(raw)
    tape.append((saved, every))

  gradients = zeros_like(network)
  d_cells = [np.zeros(hidden) for _ in layers]
  d_outputs = [np.zeros(hidden) for _ in layers]  # from the step after
  for t in reversed(range(len(targets))):
    saved, every = tape[t]
    d_raw = np.zeros(classes)
    if targets[t] >= 0:
      d_raw = clipped(softmax_derivatives(raws[t], targets[t]), output_clip)
    gradients["output_weights"] += np.outer(every, d_raw)
    gradients["output_bias"] += d_raw
    d_every = np.split(network["output_weights"] @ d_raw, len(layers))
    d_from_above = np.zeros(hidden)
    for n in reversed(range(len(layers))):
      d_output = d_outputs[n] + d_every[n] + d_from_above
      gradient = gradients["layers"][n]
      if "peephole" in layers[n]:
        d_cells[n], d_outputs[n], d_input = lstm_step_backward(
          layers[n], saved[n], d_cells[n], d_output, layer_clip, gradient
        )
      else:
        d_outputs[n], d_input = rnn_step_backward(
          layers[n], saved[n], d_output, layer_clip, gradient
        )
      d_from_above = d_input[classes:]  # the first ones are the symbol
  return nats, gradients, np.array(raws), errors


# RMSProp, Eqs. (38)-(45)


def rmsprop(weights, derivatives):
  """The paper's updates of one array, with no variance below zero.

  derivatives: a sequence of arrays like weights. Returns the weights after
  each update.
  """
  n = g = delta = np.zeros_like(weights)
  history = []
  for epsilon in derivatives:
    n = 0.95 * n + 0.05 * epsilon**2
    g = 0.95 * g + 0.05 * epsilon
    variance = np.maximum(n - g**2, 0.0)
    delta = 0.9 * delta - 1e-4 * epsilon / np.sqrt(variance + 1e-4)
    weights = weights + delta
    history.append(weights)
  return history


# Trees of arrays


def relative_error(actual, expected):
  """Largest difference, relative to the largest expected number."""
  actual, expected = np.asarray(actual, np.float64), np.asarray(expected)
  assert actual.shape == expected.shape, (actual.shape, expected.shape)
  difference = np.max(np.abs(actual - expected))
  return difference / max(np.max(np.abs(expected)), 1e-12)


def zeros_like(tree):
  """Zeros in the form of nested dicts and lists of arrays."""
  if isinstance(tree, dict):
    return {name: zeros_like(branch) for name, branch in tree.items()}
  if isinstance(tree, list):
    return [zeros_like(branch) for branch in tree]
  return np.zeros_like(tree)


def add(one, other):
  """Sum of two trees: gradients of sequences add up to those of a batch."""
  if isinstance(one, dict):
    return {name: add(one[name], other[name]) for name in one}
  if isinstance(one, list):
    return [add(a, b) for a, b in zip(one, other, strict=True)]
  return one + other


def arrays(tree, name=""):
  """Yields (name, array) for every array of a tree."""
  if isinstance(tree, np.ndarray):
    yield name, tree
  else:
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, branch in branches:
      yield from arrays(branch, f"{name}/{key}")


def finite_difference(loss_fn, array, index, step=1e-3):
  """d loss / d array[index], error O(step^4). Changes array, then restores it.

  loss_fn takes nothing and reads `array`.
  """
  value = array[index]
  losses = {}
  for n in (-2, -1, 1, 2):
    array[index] = value + n * step
    losses[n] = loss_fn()
  array[index] = value
  inner, outer = losses[1] - losses[-1], losses[2] - losses[-2]
  return (8 * inner - outer) / (12 * step)


# Random parameters of a chosen size


def random_lstm(rng, inputs, hidden, scale=0.5):
  return {
    "inputs": scale * rng.normal(size=(inputs, 4 * hidden)),
    "recurrent": scale * rng.normal(size=(hidden, 4 * hidden)),
    "peephole": scale * rng.normal(size=(3, hidden)),
    "bias": scale * rng.normal(size=4 * hidden),
  }


def random_rnn(rng, inputs, hidden, scale=0.5):
  return {
    "inputs": scale * rng.normal(size=(inputs, hidden)),
    "recurrent": scale * rng.normal(size=(hidden, hidden)),
    "bias": scale * rng.normal(size=hidden),
  }


def random_prediction_network(rng, layers, hidden, mixtures, scale=0.5):
  return {
    "layers": [
      random_lstm(rng, 3 if n == 0 else 3 + hidden, hidden, scale)
      for n in range(layers)
    ],
    "output_weights": scale
    * rng.normal(size=(layers * hidden, 6 * mixtures + 1)),
    "output_bias": scale * rng.normal(size=6 * mixtures + 1),
  }


def random_text_network(rng, random_layer, layers, hidden, classes, scale=0.5):
  """random_layer: `random_lstm` or `random_rnn`."""
  return {
    "layers": [
      random_layer(rng, classes + (0 if n == 0 else hidden), hidden, scale)
      for n in range(layers)
    ],
    "output_weights": scale * rng.normal(size=(layers * hidden, classes)),
    "output_bias": scale * rng.normal(size=classes),
  }


def random_synthesis_network(
  rng, layers, hidden, mixtures, windows, alphabet, scale=0.5
):
  network = random_prediction_network(rng, layers, hidden, mixtures, scale)
  network["layers"] = [
    random_lstm(rng, 3 + alphabet + (0 if n == 0 else hidden), hidden, scale)
    for n in range(layers)
  ]
  network["window_weights"] = scale * rng.normal(size=(hidden, 3 * windows))
  network["window_bias"] = scale * rng.normal(size=3 * windows)
  return network


def random_points(rng, length):
  """[T, 3]: normal offsets, and about one end of stroke in four."""
  points = rng.normal(size=(length, 3))
  points[:, 2] = rng.random(length) < 0.25
  points[-1:, 2] = 1
  return points


def muon(derivatives, *, momentum, gates):
  """Updates of Muon (Jordan 2024) for one layer's matrix [D, gates * H]: each
  gate's momentum, with Nesterov's look ahead, made orthogonal by four steps,
  whose polynomials are found as by Amsel et al. (2025), and 0.2 sqrt(larger
  side) times as large."""
  velocity, updates = np.zeros_like(derivatives[0]), []
  for derivative in derivatives:
    velocity = momentum * velocity + derivative
    ahead = derivative + momentum * velocity
    parts = []
    for gate in np.split(ahead, gates, axis=1):
      left, values, right = np.linalg.svd(gate, full_matrices=False)
      values = values / (1.01 * np.sqrt((values**2).sum()))
      for a, b, c in (
        (8.4268, -24.9361, 18.4925),
        (4.0344, -2.8859, 0.5214),
        (3.6617, -2.6352, 0.4947),
        (2.7787, -2.0040, 0.4287),
      ):
        values = a * values + b * values**3 + c * values**5
      x = (left * values) @ right
      parts.append(0.2 * np.sqrt(max(gate.shape)) * x)
    updates.append(np.concatenate(parts, axis=1))
  return updates


def adam(derivatives, *, first, second, eps):
  """Updates of Adam (Kingma and Ba 2015), without the learning rate."""
  m = np.zeros_like(derivatives[0])
  v, updates = np.zeros_like(m), []
  for t, g in enumerate(derivatives, start=1):
    m = first * m + (1 - first) * g
    v = second * v + (1 - second) * g * g
    m_hat, v_hat = m / (1 - first**t), v / (1 - second**t)
    updates.append(m_hat / (np.sqrt(v_hat) + eps))
  return updates
