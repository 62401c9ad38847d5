"""The sample: a made-up API program whose true numbers are known."""

from orchestration.sample.simulator import EVENTS, SampleError, simulate

__all__ = ["EVENTS", "SampleError", "simulate"]
