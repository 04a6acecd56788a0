"""The dated rail network: the lines open on a day, edits of it, travel times, market access and daily reach."""

from railbelt.network.access import daily_reach, isochrone, market_access
from railbelt.network.edits import add_line, close_line, delay_line, open_line, respeed_line
from railbelt.network.lines import Railways, legs, railways
from railbelt.network.series import access_by_blocks, access_under
from railbelt.network.travel import Network, Parameters, Service, on, only, parameters, path, route, travel_times

__all__ = [
    "Network",
    "Parameters",
    "Railways",
    "Service",
    "access_by_blocks",
    "access_under",
    "add_line",
    "close_line",
    "daily_reach",
    "delay_line",
    "isochrone",
    "legs",
    "market_access",
    "on",
    "only",
    "open_line",
    "parameters",
    "path",
    "railways",
    "respeed_line",
    "route",
    "travel_times",
]
