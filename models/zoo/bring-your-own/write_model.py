"""Writes a model as AIRIS-MON takes it: model.onnx and manifest.json with golden vectors, side by side in one folder."""
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime


def windows(rows, seed):
    """Stand-in for your own data: minutes of a host, one row each, four columns that belong together."""
    generator = np.random.default_rng(seed)
    load = 0.4 + 0.2 * np.sin(np.arange(rows) / 30) + 0.05 * generator.normal(size=rows)
    noise = 0.03 * generator.normal(size=(rows, 4))
    return (np.column_stack([load, 0.8 * load, 0.3 + 0.5 * load**2, 1 - load]) + noise).astype(np.float32)


COLUMNS = [
    {"name": "cpu.busy", "unit": "1"},
    {"name": "memory.used", "unit": "1"},
    {"name": "disk.busy", "unit": "1"},
    {"name": "cpu.idle", "unit": "1"},
]


def with_score(model, raw, op):
    """Ends the graph in one output `score`, higher is stranger: `op` over the output `raw`; other outputs go."""
    graph = model.graph
    graph.node.append(onnx.helper.make_node(op, [raw], ["score"]))
    del graph.output[:]
    graph.output.append(onnx.helper.make_tensor_value_info("score", onnx.TensorProto.FLOAT, [None, 1]))
    return model


def write_model(folder, model, about, train, command, seed):
    """Saves the model, lets ONNX Runtime say the golden scores, and writes down where it comes from."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = model.SerializeToString()
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(data)
    name = session.get_inputs()[0].name
    score = lambda rows: session.run(["score"], {name: rows})[0].ravel()  # noqa: E731
    golden = np.vstack([train[:2], windows(2, seed + 1), [[0.9, 0.1, 0.9, 0.9]]]).astype(np.float32)
    manifest = {
        "schema": 1,
        "name": folder.name,
        "version": f"1.0.0-{hashlib.sha256(data).hexdigest()[:8]}",
        "kind": "external",
        "opset": next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx")),
        "domains": [one.domain or "ai.onnx" for one in model.opset_import],
        "input": {"name": name, "columns": COLUMNS},
        "output": {"name": "score", "about": about},
        "window": {"spanMs": 60_000, "everyMs": 60_000},
        "normalization": "none",
        # A score that 1 in 1000 ordinary windows exceeds; take windows that the model was not fitted on.
        "threshold": float(np.quantile(score(windows(5_000, seed + 2)), 0.999)),
        "golden": [
            {"input": row.tolist(), "score": float(score(row[None])[0])} for row in golden
        ],
        "goldenTolerance": 1e-4,
        "sha256": {
            "model": hashlib.sha256(data).hexdigest(),
            "trainingData": hashlib.sha256(train.tobytes()).hexdigest(),
        },
        "budget": {"modelBytes": 500 * 1024, "inferenceMsP99": 10, "memoryMiB": 64},
        "training": {
            "data": "simulated: windows() of write_model.py",
            "simulated": True,
            "command": command,
            "seed": seed,
            "windows": len(train),
        },
        "licence": "the licence of AIRIS-MON",
    }
    (folder / "model.onnx").write_bytes(data)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"{folder}: {len(data)} bytes")
