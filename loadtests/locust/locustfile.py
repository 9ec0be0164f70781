"""The mixed load for Locust: the shares of loadtests/mix.json, with thinking (USERS, DURATION) or without (THINK=off).

node loadtests/bin/locust.mjs -f loadtests/locust/locustfile.py --headless

Reads BASE_URL, TOKEN, NAMESPACE, USERS (1000), DURATION (5m), THINK. The exit code is 1 where a limit is missed. One process
of Locust carries some 500 requests a second and no more: --processes -1 starts one for every core.
"""

import json
import math
import os
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import gevent
from locust import FastHttpUser, between, constant, events, task

MIX = json.loads((Path(__file__).parent.parent / "mix.json").read_text())
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:3000")
HEADERS = {
    "Authorization": f"Bearer {os.environ.get('TOKEN', '')}",
    "X-Namespace": os.environ.get("NAMESPACE", "load"),
    "Accept-Encoding": "gzip",
}
THINKING = os.environ.get("THINK", "on") != "off"
# p95 and p99 in milliseconds, share of failures, requests a second.
LIMITS = (50, 100, 0.0005, 0) if THINKING else (None, 60, 0.0005, 5000)


@events.init_command_line_parser.add_listener
def defaults(parser):
    """What the other scenarios read from the environment, under Locust's own names."""
    parser.set_defaults(
        num_users=int(os.environ.get("USERS", "1000" if THINKING else "64")),
        spawn_rate=100,
        run_time=os.environ.get("DURATION", "5m"),
        host=BASE_URL,
        # Starting a thousand users is no part of the load.
        reset_stats=True,
    )


@events.quitting.add_listener
def judge(environment, **_):
    total = environment.stats.total
    p95, p99, failed, rate = LIMITS
    missed = [
        f"{name} is {value:.4g}, limit {limit}"
        for name, value, limit, bad in (
            ("p95 ms", total.get_response_time_percentile(0.95), p95, lambda v, l: v > l),
            ("p99 ms", total.get_response_time_percentile(0.99), p99, lambda v, l: v > l),
            ("share of failures", total.fail_ratio, failed, lambda v, l: v > l),
            ("requests/s", total.total_rps, rate, lambda v, l: v < l),
        )
        if limit is not None and bad(value or 0, limit)
    ]
    for line in missed:
        print("MISSED:", line)
    environment.process_exit_code = 1 if missed or total.num_requests == 0 else 0


def tiles_of(bounds, zoom):
    """Addresses of the tiles that touch the bounds."""
    west, south, east, north = bounds
    side = 2**zoom

    def column(lon):
        return math.floor((lon + 180) / 360 * side)

    def row(lat):
        sin = math.sin(math.radians(lat))
        return math.floor((0.5 - math.log((1 + sin) / (1 - sin)) / (4 * math.pi)) * side)

    return [
        f"/risk-map/{zoom}/{x}/{y}.mvt"
        for x in range(column(west), column(east) + 1)
        for y in range(row(north), row(south) + 1)
    ]


def maps_of(bounds, resolution):
    """The whole map at every horizon, and at the usual one its hot cells, a coarser grid and each quarter."""
    west, south, east, north = bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    quarters = [(west, south, lon, lat), (lon, south, east, lat), (west, lat, lon, north), (lon, lat, east, north)]
    variants = ["min_level=HIGH", f"resolution={resolution - 1}"]
    variants += ["bbox=" + ",".join(f"{degrees:.4f}" for degrees in box) for box in quarters]
    return [f"/risk-map?{query}" for query in [f"horizon={hours}" for hours in MIX["horizons"]] + variants]


def read(path):
    for tries in range(10):
        try:
            with urlopen(Request(f"{BASE_URL}/api/v1{path}", headers={**HEADERS, "Accept-Encoding": "identity"})) as response:
                return json.load(response)
        except HTTPError as error:
            # Too much to do at the moment: a client waits and asks again.
            if error.code != 503 or tries == 9:
                raise RuntimeError(f"{path}: {error.code} {error.read().decode()}") from error
            gevent.sleep(1)


@events.test_start.add_listener
def look_around(**_):
    bounds = read("/risk-map/tiles.json")["bounds"]
    risks = read("/risks?limit=500")["data"]
    day_ago = (datetime.now(timezone.utc) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    Visitor.places = {
        # Where risks are: places that the surface covers for certain.
        "points": [risk["cell"]["center"] for risk in risks],
        "maps": maps_of(bounds, read("/risk-map")["resolution"]),
        "tiles": [tile for zoom in MIX["tile_zooms"] for tile in tiles_of(bounds, zoom)],
        "risks": [risk["risk_id"] for risk in risks],
        "targets": [target["target_id"] for target in read("/targets?limit=500")["data"]],
        "lists": [path.replace("{day_ago}", day_ago) for path in MIX["lists"]],
    }


class Visitor(FastHttpUser):
    wait_time = between(*MIX["think_seconds"]) if THINKING else constant(0)
    # Read once by each process of Locust, before its users begin.
    places = {}

    def get(self, kind, path):
        """Asks, looks at the answer, and returns it where it is a good one of JSON."""
        with self.client.get(f"/api/v1{path}", headers=HEADERS, name=kind, catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif kind != "tile":
                if (response.text or "").startswith("{"):
                    return response
                response.failure("no JSON")
        return None

    @task(MIX["weights"]["map"])
    def map(self):
        self.get("map", random.choice(self.places["maps"]))

    @task(MIX["weights"]["tile"])
    def tile(self):
        self.get("tile", random.choice(self.places["tiles"]))

    @task(MIX["weights"]["risk"])
    def risk(self):
        self.get("risk", f"/risks/{random.choice(self.places['risks'])}")

    @task(MIX["weights"]["target_risk"])
    def target_risk(self):
        target = random.choice(self.places["targets"])
        self.get("target_risk", f"/targets/{target}/risk?horizon={random.choice(MIX['horizons'])}")

    @task(MIX["weights"]["assess"])
    def assess(self):
        count = random.randint(*MIX["assess_points"])
        points = [
            {name: degrees + random.uniform(-0.001, 0.001) for name, degrees in center.items()}
            for center in random.choices(self.places["points"], k=count)
        ]
        body = {"horizon_hours": random.choice(MIX["horizons"]), "points": points}
        with self.client.post(
            "/api/v1/risk/assess", json=body, headers=HEADERS, name="assess", catch_response=True
        ) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")

    @task(MIX["weights"]["list"])
    def list(self):
        path = random.choice(self.places["lists"])
        page = self.get("list", path)
        if page is None or random.random() >= MIX["next_page_share"]:
            return
        cursor = page.json()["page"]["next_cursor"]
        if cursor is not None:
            self.get("list", f"{path}&cursor={quote(cursor)}")
