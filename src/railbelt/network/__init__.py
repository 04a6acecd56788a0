"""The dated rail network: the lines open on a day, edits of it, travel times, market access and daily reach."""

from railbelt.network.access import daily_reach, isochrone, market_access
from railbelt.network.lines import Railways, legs, railways
from railbelt.network.travel import Network, Parameters, Service, on, only, parameters, route, travel_times

__all__ = [
    "Network",
    "Parameters",
    "Railways",
    "Service",
    "daily_reach",
    "isochrone",
    "legs",
    "market_access",
    "on",
    "only",
    "parameters",
    "railways",
    "route",
    "travel_times",
]
