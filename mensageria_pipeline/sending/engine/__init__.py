"""The engine: messages of one provider on their way, bounded, paced, retried and recorded.

The order of a message's life, which everything else depends on: a permit (never more than `max_in_flight` in
doubt), the pacing token, a last look, its intent on disk, the request, its answer on disk, the permit given
back. Messages go in chunks up to the intent, so that one commit serves many, and alone from there on.
"""

from mensageria_pipeline.sending.engine.lane import Lane
from mensageria_pipeline.sending.engine.unit import CHUNK

__all__ = ["CHUNK", "Lane"]
