"""A plugin file that trains in no time, and says what it trained."""

PLUGIN = '''
import time
from pathlib import Path

from hpobench.api import Categorical, Fidelity, Float, FunctionProblem, Int, Space, When


class Slope(FunctionProblem):
    """A slope."""

    name = "slope"
    space = Space(
        [
            Float("lr", 1e-4, 1.0, log=True),
            Int("depth", 1, 5),
            Categorical("optimizer", ("sgd", "adam", 3)),
            Float("momentum", 0.0, 0.9, when=When("optimizer", ("sgd",))),
        ]
    )
    fidelity = Fidelity("epoch", 9, 2.0)
    heldout = True

    def __init__(self, *, trace: str = "", wait: float = 0.0, deepest: int = 4):
        self.trace, self.wait, self.deepest = trace, wait, deepest

    def train(self, config, seed):
        if self.trace:
            with Path(self.trace).open("a") as file:
                file.write(f"{config['lr']}\\n")
        for step in range(1, 10):
            if config["depth"] > self.deepest and step > 3:
                raise ValueError("too deep")
            time.sleep(self.wait)
            sum(range(20_000))
            loss = config["lr"] ** 0.3 + config["depth"] / step + config.get("momentum", 0.5)
            yield {"loss": loss + seed % 97, "heldout": loss + 0.01 * step}
'''
