"""Penn Treebank by its words (Section 3.1, Table 1), as in the paper.

The paper's network: one layer of 1,000 LSTM cells, 10,000 words, 54,017,000
weights; optimizer, clipping and sentences as in configs/ptb_char_paper.py,
whose list of what the paper does not state holds here, too. A word is read by
looking its weights up: no vector of 10,000 numbers is ever built for it.

  python train.py configs/ptb_word_paper.py --data.path ptb
  graves-jax evaluate --checkpoint runs/ptb_word_paper --split test
  graves-jax evaluate --checkpoint runs/ptb_word_paper --split test \\
    --sequences stream --batch-size 1
  graves-jax evaluate --checkpoint runs/ptb_word_paper --split test \\
    --dynamic --tune

and then with weight noise:

  python train.py configs/ptb_word_paper.py --data.path ptb \\
    --init-from runs/ptb_word_paper --noise.kind fixed \\
    --workdir runs/ptb_word_paper_fixed

Expected: perplexity 138 on the test set after 11 epochs, 126 with dynamic
evaluation; 126 and 117 with weight noise, 14 epochs (Table 1). Not run to its
end here; configs/ptb_word.py has another recipe.
"""

from graves_jax.config import (
  SGD,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)

SENTENCES = 42_068


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(hidden=(1000,), forget_bias=0.0),
    data=TextDataConfig(
      source="penn_treebank",
      units="words",
      sequences="sentence",
      batch_size=1,
    ),
    optimizer=SGD(learning_rate=1e-4, momentum=0.99),
    training=TextTrainingConfig(
      steps=11 * SENTENCES,
      record_every=100,
      evaluate_every=2000,
      checkpoint_every=1000,
      sample_every=2000,
      sample_length=100,
    ),
  )
