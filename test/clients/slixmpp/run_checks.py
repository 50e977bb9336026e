"""Runs checks one after the other and says of each, as a line of JSON, whether it held.

Usage: run_checks.py SERVER_AS_JSON FILE...    Each file has a title as its docstring and `async def check(people)`.
"""

import asyncio
import importlib.util
import json
import logging
import sys
import traceback

from person import People

CHECK_SECONDS = 60


async def run(server, path):
    spec = importlib.util.spec_from_file_location('check', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    people = People(server)
    try:
        await asyncio.wait_for(module.check(people), CHECK_SECONDS)
        return None
    except Exception:
        return traceback.format_exc()
    finally:
        await people.leave()


async def main():
    server = json.loads(sys.argv[1])
    for path in sys.argv[2:]:
        print(json.dumps({'file': path, 'failure': await run(server, path)}), flush=True)

logging.basicConfig(level=logging.ERROR)
asyncio.get_event_loop().run_until_complete(main())
