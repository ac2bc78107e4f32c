#!/usr/bin/env python3
"""Trains the sentiment model of the contract sentiment-gate: sentiment.onnx.

    pip install -r requirements.txt && ./train_sentiment.py [--check]

The text is turned into counts of hashed words and pairs of words exactly as the
contract does it (src/features.rs). The sentences are made here from our own words.
"""

import itertools
import re

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from export import export, quantize

BUCKETS = 256

THINGS = "food service room product movie book game phone hotel staff course coffee design support price app team show car seller".split()
GOOD = "good great excellent wonderful amazing lovely fantastic perfect superb brilliant pleasant delightful helpful friendly awesome".split()
BAD = "bad terrible awful horrible poor disappointing boring broken rude useless dreadful nasty slow dirty worthless".split()
LIKE = "love like enjoy recommend adore trust".split()
DISLIKE = "hate dislike regret avoid despise distrust".split()


def bucket(token: bytes) -> int:
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in token:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value % BUCKETS


def features(text: str) -> np.ndarray:
    words = re.findall(rb"[a-z0-9\x80-\xff]+", text.encode().lower())
    counts = np.zeros(BUCKETS, dtype=np.float32)
    for token in words + [a + b" " + b for a, b in zip(words, words[1:])]:
        counts[bucket(token)] += 1
    return counts


def sentences():
    """Sentences with their sentiment, 1 for positive."""
    for (good, bad), thing in itertools.product(zip(GOOD, BAD), THINGS):
        for word, label in ((good, 1), (bad, 0)):
            yield f"The {thing} was {word}", label
            yield f"This is a really {word} {thing}", label
            yield f"What a {word} {thing}", label
            yield f"The {thing} is very {word} and I will tell everyone", label
            yield f"The {thing} was not {word}", 1 - label
            yield f"This {thing} is not a {word} one", 1 - label
        for other in GOOD[::4]:
            yield f"The {thing} was {good} and {other}", 1
        for other in BAD[::4]:
            yield f"The {thing} was {bad} and {other}", 0
    for (like, dislike), thing in itertools.product(zip(LIKE, DISLIKE), THINGS):
        for word, label in ((like, 1), (dislike, 0)):
            yield f"I {word} this {thing}", label
            yield f"We really {word} the {thing}", label
            yield f"I do not {word} this {thing}", 1 - label
            yield f"They said they {word} the {thing} very much", label


texts, labels = zip(*sentences())
vectors = np.stack([features(text) for text in texts])
train_x, test_x, train_y, test_y = train_test_split(vectors, np.array(labels), test_size=0.2, random_state=7)
model = MLPClassifier(hidden_layer_sizes=(16,), alpha=0.01, max_iter=60, random_state=7)
model.fit(train_x, train_y)
quantize(model)
print(f"{len(texts)} sentences, accuracy on those not trained on: {model.score(test_x, test_y):.3f}")
for text in (
    "Great team, I love this product!",
    "The food was awful and the staff rude.",
    "The room was not bad",
    "I do not recommend this hotel, it was terrible",
):
    print(f"{model.predict_proba([features(text)])[0, 1]:.4f}  {text}")
export(model, "sentiment", BUCKETS)
