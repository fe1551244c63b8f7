"""Trees of XGBoost that foretell one column from the others, by onnxmltools; the score is how far they are off.

python3 -m venv /tmp/onnx && /tmp/onnx/bin/pip install xgboost==3.2.0 onnxmltools==1.16.0 onnx==1.23.2 onnxruntime==1.32.0
cd models/zoo/bring-your-own && /tmp/onnx/bin/python xgboost_residual.py
"""
import onnx
from onnx import helper
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from write_model import windows, with_score, write_model
from xgboost import XGBRegressor

SEED = 1
train = windows(2_000, SEED)
trees = XGBRegressor(n_estimators=45, max_depth=4, learning_rate=0.15, random_state=SEED).fit(train[:, 1:], train[:, 0])
model = convert_xgboost(trees, initial_types=[("others", FloatTensorType([None, 3]))], target_opset=15)

# Only the trees' own operator set is named so far.
model.opset_import.append(helper.make_opsetid("", 17))

# The window holds the column that is foretold, too: cut it in two before the trees, and compare after them.
graph = model.graph
raw = graph.output[0].name
integers = lambda name, *values: helper.make_tensor(name, onnx.TensorProto.INT64, [len(values)], values)  # noqa: E731
graph.initializer.extend([integers("first", 0), integers("rest", 1, 2, 3)])
del graph.input[:]
graph.input.append(helper.make_tensor_value_info("window", onnx.TensorProto.FLOAT, [None, 4]))
graph.node.insert(0, helper.make_node("Gather", ["window", "rest"], ["others"], axis=1))
graph.node.insert(0, helper.make_node("Gather", ["window", "first"], ["truth"], axis=1))
graph.node.append(helper.make_node("Sub", [raw, "truth"], ["difference"]))
model = with_score(model, raw="difference", op="Abs")
write_model(
    "xgboost-residual",
    model,
    about="absolute difference between cpu.busy and what the other columns foretell, ratio",
    train=train,
    command="xgboost_residual.py",
    seed=SEED,
)
