"""Loaded by pytest (-p) into the tests of romis2012/python-socks: gives them other proxies than those that they start.

PROXY_CONFIG is a JSON object: `constants` takes the place of those of tests/config.py, `kept` lists the kinds of proxies
that the tests still start by themselves, `authority` is a PEM file to trust for a proxy over TLS, `results` a file that gets
a line of JSON for each test.
"""

import importlib.util
import json
import os
import re
import sys
from pathlib import Path

import pytest

CONFIG = json.loads(os.environ['PROXY_CONFIG'])


def _load_config():
    # The URLs of config.py are made from its constants while it loads, so these have to be other ones in its source.
    path = Path.cwd() / 'tests' / 'config.py'
    source = path.read_text()
    for name, value in CONFIG['constants'].items():
        source, count = re.subn(rf'^{name} = .*$', lambda _: f'{name} = {value!r}', source, flags=re.MULTILINE)
        if count != 1:
            raise RuntimeError(f'tests/config.py has {count} definitions of {name}')
    spec = importlib.util.spec_from_loader('tests.config', loader=None, origin=str(path))
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules['tests.config'] = module
    exec(compile(source, str(path), 'exec'), module.__dict__)


def _leave_out_servers():
    from tests import proxy_server

    class FewerServers(proxy_server.ProxyServer):
        def __init__(self, config):
            super().__init__([server for server in config if server.proxy_type in CONFIG['kept']])

    proxy_server.ProxyServer = FewerServers


sys.path.insert(0, str(Path.cwd()))
_load_config()
_leave_out_servers()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    value = yield
    if fixturedef.argname == 'proxy_ssl_context' and CONFIG['authority']:
        value.load_verify_locations(CONFIG['authority'])
    return value


def pytest_runtest_logreport(report):
    if report.when != 'call' and report.passed:
        return
    line = {'test': report.nodeid, 'outcome': report.outcome}
    if report.failed:
        crash = getattr(report.longrepr, 'reprcrash', None)
        line['why'] = crash.message if crash else str(report.longrepr)
    with open(CONFIG['results'], 'a') as file:
        file.write(json.dumps(line) + '\n')
