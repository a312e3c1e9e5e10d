"""Stand-ins for the providers of hosted models: loopback servers with their formats, caches and misbehaviour."""

from tests.standins.billing import Price, Rates, price_from_row
from tests.standins.clock import Clock
from tests.standins.remote import Remote, start
from tests.standins.server import FLAVOURS, StandIn
from tests.standins.spoiling import Spoiled

__all__ = ["FLAVOURS", "Clock", "Price", "Rates", "Remote", "Spoiled", "StandIn", "price_from_row", "start"]
