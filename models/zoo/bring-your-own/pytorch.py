"""An autoencoder of PyTorch, by torch.onnx.

python3 -m venv /tmp/onnx && /tmp/onnx/bin/pip install torch onnx onnxruntime
cd models/zoo/bring-your-own && /tmp/onnx/bin/python pytorch.py

The file beside it was made with torch 1.13 for the CPU (python3-torch of Debian 12), numpy 1.26, onnx 1.15 and onnxruntime 1.18.
Releases of torch that export by dynamo want onnxscript, too.
"""
import io

import onnx
import torch
from write_model import windows, write_model

SEED = 1
torch.manual_seed(SEED)
train = windows(2_000, SEED)


class ReconstructionError(torch.nn.Module):
    """The score is part of the graph: mean squared error of what comes back, one a row."""

    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2),
            torch.nn.Tanh(), torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 4),
        )  # fmt: skip

    def forward(self, window):
        difference = self.net(window) - window
        return (difference * difference).mean(dim=1, keepdim=True)


net = ReconstructionError()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
rows = torch.from_numpy(train)
for _ in range(400):
    optimizer.zero_grad()
    net(rows).mean().backward()
    optimizer.step()

file = io.BytesIO()
torch.onnx.export(
    net.eval(),
    rows[:1],
    file,
    input_names=["window"],
    output_names=["score"],
    dynamic_axes={"window": {0: "N"}, "score": {0: "N"}},
    opset_version=17,
)
write_model(
    "pytorch-autoencoder",
    onnx.load_from_string(file.getvalue()),
    about="mean squared reconstruction error over the columns",
    train=train,
    command="pytorch.py",
    seed=SEED,
)
