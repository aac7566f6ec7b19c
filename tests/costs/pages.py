"""What a reader sees on a page of costs."""

import json
import re
from decimal import Decimal


def get(client, url, status=200, **params):
    response = client.get(url, params)
    assert response.status_code == status, response.content.decode()[:2000]
    return response


def text(response):
    """What a reader sees, tags and charts' data left out."""
    page = re.sub(r"<script.*?</script>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+(?=[,;])", "", re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def exact_amounts(response):
    return re.findall(r'<data class="money" value="([^"]*)"', response.content.decode())


def figure(response, name):
    found = re.search(
        rf'<script id="{name}" type="application/json">(.*?)</script>',
        response.content.decode(),
        re.DOTALL,
    )
    return json.loads(found[1]) if found else None


def drawn(response, name):
    """The sum of every bar, and of every SKU, as the chart has them."""
    found = figure(response, name)
    along, across = ("x", "y") if found["data"][0]["orientation"] == "h" else ("y", "x")
    bars, skus = {}, {}
    for trace in found["data"]:
        for label, value in zip(trace[across], trace[along], strict=True):
            bars[label] = bars.get(label, 0) + Decimal(repr(value))
            skus[trace["name"]] = skus.get(trace["name"], 0) + Decimal(repr(value))
    return bars, skus
