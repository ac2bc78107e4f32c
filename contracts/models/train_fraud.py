#!/usr/bin/env python3
"""Trains the model of the contract fraud-scorer: fraud.onnx.

    pip install -r requirements.txt && ./train_fraud.py [--check]

A payment is described by six small integers that the contract knows of it, given
to the model in sixteenths (src/features.rs). The payments are drawn here: honest
ones and three kinds of fraud, with one label in fifty wrong.
"""

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from export import export, quantize

random = np.random.default_rng(7)


def payments(count, jump, last_hour, known, age, hour):
    """Columns: bits of the amount, bits of amount / sender's average, payments of the
    sender in the last hour, earlier payments to this recipient, age of the sender in
    days, hour of the day. Ranges are inclusive."""
    ranges = [(20, 80), jump, last_hour, known, age, hour]
    return np.stack([random.integers(low, high + 1, count) for low, high in ranges], axis=1)


honest = np.concatenate([
    payments(2000, (0, 2), (0, 2), (0, 32), (1, 64), (6, 23)),
    payments(1000, (0, 5), (0, 3), (3, 32), (10, 64), (0, 23)),
    payments(500, (0, 1), (3, 12), (2, 32), (20, 64), (8, 20)),
    payments(500, (0, 1), (0, 1), (0, 0), (0, 2), (0, 23)),
])
fraud = np.concatenate([
    payments(1000, (5, 20), (0, 6), (0, 0), (0, 64), (0, 23)),
    payments(1000, (0, 6), (8, 32), (0, 1), (0, 10), (0, 23)),
    payments(500, (3, 12), (3, 16), (0, 1), (0, 30), (0, 5)),
])
x = np.concatenate([honest, fraud]).astype(np.float32) / 16
y = np.concatenate([np.zeros(len(honest), int), np.ones(len(fraud), int)])
y ^= random.random(len(y)) < 0.02
train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.2, random_state=7)
model = MLPClassifier(hidden_layer_sizes=(16, 8), alpha=0.001, max_iter=300, random_state=7)
model.fit(train_x, train_y)
quantize(model)
print(f"{len(x)} payments, accuracy on those not trained on: {model.score(test_x, test_y):.3f}")
for name, payment in {
    "first payment, small": [40, 0, 0, 0, 0, 12],
    "usual payment to a known recipient": [40, 0, 1, 8, 30, 14],
    "a thousand times the average, unknown recipient": [60, 10, 1, 0, 30, 3],
    "twelfth payment of the hour, unknown recipient": [40, 1, 12, 0, 2, 3],
}.items():
    print(f"{model.predict_proba([np.array(payment, dtype=np.float32) / 16])[0, 1]:.4f}  {name}")
export(model, "fraud", 6)
