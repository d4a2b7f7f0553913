"""The router as a process, for the tests to stop and to kill: its rules decide alone, so it need not train a classifier."""

from bowchat_router.app import build
from bowchat_router.settings import RouterSettings
from bowchat_router.testing import FixedReadings
from bowchat_runtime.service import serve
from bowchat_runtime.settings import load

settings = load(RouterSettings)
serve(build(settings, readings=FixedReadings()), settings)
