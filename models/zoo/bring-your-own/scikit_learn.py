"""An isolation forest of scikit-learn, by skl2onnx.

python3 -m venv /tmp/onnx && /tmp/onnx/bin/pip install scikit-learn==1.9.1 skl2onnx==1.20.0 onnxruntime==1.32.0
cd models/zoo/bring-your-own && /tmp/onnx/bin/python scikit_learn.py
"""
from skl2onnx import to_onnx
from sklearn.ensemble import IsolationForest
from write_model import windows, with_score, write_model

SEED = 1
train = windows(2_000, SEED)
forest = IsolationForest(n_estimators=10, max_samples=64, random_state=SEED).fit(train)
model = to_onnx(forest, train[:1], target_opset={"": 17, "ai.onnx.ml": 3})
# decision_function falls with strangeness: the score is its negative.
model = with_score(model, raw="scores", op="Neg")
write_model(
    "scikit-learn-forest",
    model,
    about="minus the decision function of the forest, unitless; above 0 is an outlier to scikit-learn",
    train=train,
    command="scikit_learn.py",
    seed=SEED,
)
