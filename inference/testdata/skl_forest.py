#!/usr/bin/env python3
"""Trains a small random forest on scikit-learn's digits and exports it with skl2onnx.

Run with scikit-learn and skl2onnx installed; writes skl_forest.onnx beside itself.
The committed file is the reference: other versions of the libraries may grow
other trees.
"""

from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

digits = load_digits()
model = RandomForestClassifier(n_estimators=20, max_depth=7, random_state=7)
model.fit(digits.data.astype("float32") / 16, digits.target)
exported = to_onnx(
    model,
    initial_types=[("pixels", FloatTensorType([None, 64]))],
    options={"zipmap": False},
    target_opset={"": 17, "ai.onnx.ml": 3},
)
Path(__file__).with_name("skl_forest.onnx").write_bytes(exported.SerializeToString())
