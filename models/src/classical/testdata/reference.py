"""What scikit-learn 1.9.1 answers for rows that the tests fit on, too.

python3 -m venv /tmp/reference && /tmp/reference/bin/pip install scikit-learn==1.9.1
/tmp/reference/bin/python models/src/classical/testdata/reference.py > models/src/classical/testdata/reference.json
"""
import json

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.svm import OneClassSVM

NU, GAMMA = 0.1, 0.25
generator = np.random.default_rng(7)
hidden = generator.normal(size=(400, 1))
fit = (hidden + 0.5 * generator.normal(size=(400, 3))).round(3)
asked = np.vstack([fit[:40] + 0.1, generator.uniform(-5, 5, size=(40, 3))]).round(3)

svm = OneClassSVM(nu=NU, gamma=GAMMA, tol=1e-6).fit(fit)
forest = IsolationForest(n_estimators=100, max_samples=256, random_state=1).fit(fit)
print(
    json.dumps(
        {
            "nu": NU,
            "gamma": GAMMA,
            "fit": fit.ravel().tolist(),
            "asked": asked.ravel().tolist(),
            # Its weights sum to nu x rows; ours to 1.
            "svmDecision": (svm.decision_function(asked) / (NU * len(fit))).round(6).tolist(),
            "svmSupports": int(len(svm.support_)),
            # Ours has the sign of the paper: 0..1, higher is stranger.
            "isolation": (-forest.score_samples(asked)).round(6).tolist(),
        }
    )
)
