"""The task of a plan, by the network that it trains."""

from fingerspell.models.registry import READER
from fingerspell.training.plan import Plan
from fingerspell.training.tasks.base import Task
from fingerspell.training.tasks.classify import Classify
from fingerspell.training.tasks.read_hands import ReadHands


def task_of(plan: Plan) -> Task:
    """The task of a plan: the reader's, or to classify images."""
    return ReadHands() if plan.options.model.model == READER else Classify()
