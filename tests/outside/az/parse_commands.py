"""Shows azure-cli's own parser the command lines that come in as JSON, and says which it refuses.

Nothing is carried out: the command line is let go as soon as it has been parsed.
"""

import contextlib
import io
import json
import os
import sys
import tempfile

os.environ["AZURE_CONFIG_DIR"] = tempfile.mkdtemp()
os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "false"
os.environ["AZURE_EXTENSION_USE_DYNAMIC_INSTALL"] = "no"

from azure.cli.core import get_default_cli  # noqa: E402
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS  # noqa: E402

parsed = []


def let_go(_cli, command=None, **_rest):
    parsed.append(command)
    raise SystemExit(0)


cli = get_default_cli()
cli.register_event(EVENT_INVOKER_POST_PARSE_ARGS, let_go)


def refusal(args):
    """Why az refuses a command line; None when it takes it."""
    parsed.clear()
    complaint = io.StringIO()
    with contextlib.redirect_stderr(complaint), contextlib.redirect_stdout(io.StringIO()):
        try:
            cli.invoke(args)
        except SystemExit:
            pass
    if parsed:
        return None
    return complaint.getvalue().strip()[:600] or "it was not parsed"


print(json.dumps([refusal(args) for args in json.load(sys.stdin)]))
