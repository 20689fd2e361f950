"""Calls a web address, so that somebody elsewhere notices when the calls stop."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit, urlunsplit

SECONDS = 10.0


def ping(url: str, *, well: bool, seconds: float = SECONDS) -> str:
    """Call `url`, or what lies below it at `/fail` when all is not well.

    Returns why there was no good answer, "" if there was; the address, which may be a secret, is
    not in it. The address is one that the settings have checked to be http or https.
    """
    parts = urlsplit(url)
    path = parts.path if well else parts.path.rstrip("/") + "/fail"
    target = urlunsplit(parts._replace(path=path))
    request = urllib.request.Request(target, headers={"User-Agent": "tidings"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        return f"the server says {error.code}"
    except urllib.error.URLError as error:
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except TimeoutError:
        return "no answer in time"
    except (OSError, HTTPException, ValueError) as error:
        return getattr(error, "strerror", None) or type(error).__name__
    return ""
